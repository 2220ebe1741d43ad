// The same way in PhantomJS 2.1, a WebKit of 2016 that knows ES5 only: docs/browsers.md.
var page = require('webpage').create();
var address = require('system').args[1];
var told = { errors: [] };

page.viewportSize = { width: 360, height: 740 };
page.onError = function (message) { told.errors.push(message); };

function until(test, name, then) {
  var tries = 0;
  var timer = setInterval(function () {
    told[name] = page.evaluate(test);
    tries += 1;
    if (told[name] || tries > 60) {
      clearInterval(timer);
      then();
    }
  }, 250);
}

function receipt() {
  page.open(address + '/bills/2026-10', function () {
    told.receipt = page.evaluate(function () { return document.querySelector('#receipt') !== null; });
    console.log(JSON.stringify(told));
    phantom.exit();
  });
}

function history() {
  page.open(address + '/history', function () {
    told.history = page.evaluate(function () { return /Расход/.test(document.body.textContent); });
    receipt();
  });
}

function reading() {
  page.open(address + '/readings', function () {
    page.evaluate(function () {
      var hint = document.querySelector('#t1-h').textContent;
      var last = parseInt(hint.split(':')[1].split('(')[0].replace(/\D/g, ''), 10);
      document.querySelector('#t1').value = last + 140;
      document.querySelector('#reading-form .big').click();
    });
    until(function () { return document.querySelector('[data-taken]') !== null; }, 'taken', history);
  });
}

page.open(address + '/login', function () {
  page.evaluate(function () {
    document.querySelector('[name=login]').value = 'client@example.org';
    document.querySelector('[name=password]').value = 'demo-svet-2026';
    document.querySelector('#login-form button').click();
  });
  until(function () { return location.pathname === '/'; }, 'signedIn', reading);
});
