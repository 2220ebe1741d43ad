// A customer's way in a Chromium of years ago: docs/browsers.md tells how it is called.
// node bench/old/chromium.js ADDRESS FOLDER...: each folder is a `bin` of chrome-aws-lambda.
const { spawn } = require('child_process');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');
const WebSocket = require('ws');

const [address, ...folders] = process.argv.slice(2);
const sleep = (time) => new Promise((done) => setTimeout(done, time));

function json(url) {
  return new Promise((done, fail) => {
    http.get(url, (answer) => {
      let text = '';
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => done(JSON.parse(text)));
    }).on('error', fail);
  });
}

async function first(wanted) {
  for (let tries = 0; tries < 60; tries += 1) {
    const found = await wanted().catch(() => null);
    if (found) return found;
    await sleep(250);
  }
  return null;
}

// The page, told what to do over the protocol of its developers' tools.
async function open(port) {
  const pages = await json(`http://127.0.0.1:${port}/json`);
  const socket = new WebSocket(pages.find((one) => one.type === 'page').webSocketDebuggerUrl);
  await new Promise((done) => socket.on('open', done));
  const waiting = {};
  const errors = [];
  let last = 0;
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (waiting[message.id]) waiting[message.id](message.result || {});
    if (message.method === 'Runtime.exceptionThrown') {
      const told = message.params.exceptionDetails;
      errors.push(((told.exception || {}).description || told.text).split('\n')[0]);
    }
  });
  const tell = (method, params = {}) => new Promise((done) => {
    last += 1;
    waiting[last] = done;
    socket.send(JSON.stringify({ id: last, method, params }));
  });
  const ask = async (expression) => {
    const answer = await tell('Runtime.evaluate', { expression, returnByValue: true });
    return (answer.result || {}).value;
  };
  const until = (expression) => first(() => ask(expression));
  const go = async (where) => {
    await tell('Page.navigate', { url: address + where });
    await sleep(400);
    await until("document.readyState === 'complete'");
  };
  await tell('Page.enable');
  await tell('Runtime.enable');
  await tell('Emulation.setDeviceMetricsOverride', {
    width: 360, height: 740, deviceScaleFactor: 1, mobile: true,
  });
  return { ask, until, go, errors };
}

async function way(page, number) {
  await page.go('/login');
  await page.ask(`document.querySelector('[name=login]').value = 'client@example.org';
    document.querySelector('[name=password]').value = 'demo-svet-2026';
    document.querySelector('#login-form button').click()`);
  const signedIn = await page.until("location.pathname === '/'");
  await page.go('/readings');
  const hint = await page.ask("document.querySelector('#t1-h').textContent");
  const value = Number(hint.split(':')[1].split('(')[0].replace(/\D/g, '')) + 120 + number;
  // Of this page alone: whether the script takes part.
  page.errors.length = 0;
  await page.ask(`window.same = true; document.querySelector('#t1').value = '${value}';
    document.querySelector('#reading-form .big').click()`);
  const taken = await page.until("document.querySelector('[data-taken]') !== null");
  const by = await page.ask('window.same') ? 'fragment' : 'whole page';
  await page.go('/history');
  const history = await page.ask("/Расход/.test(document.body.textContent)");
  await page.go('/bills/2026-10');
  const receipt = await page.ask("document.querySelector('#receipt') !== null");
  const fits = await page.ask('document.documentElement.scrollWidth <= 360');
  return { signedIn, taken, by, history, receipt, fits, errors: [...new Set(page.errors)] };
}

async function one(folder, number) {
  const port = 9400 + number;
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'old-'));
  const child = spawn(path.join(folder, 'chromium'), [
    '--headless', '--no-sandbox', '--disable-gpu', '--single-process', '--no-zygote',
    '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run',
    `--remote-debugging-port=${port}`, `--user-data-dir=${profile}`, 'about:blank',
  ], { env: { PATH: process.env.PATH, HOME: profile, LD_LIBRARY_PATH: `${folder}/lib/lib` }, stdio: 'ignore' });
  try {
    const version = await first(() => json(`http://127.0.0.1:${port}/json/version`));
    if (!version) throw new Error(`${folder} did not start`);
    console.log(version.Browser, JSON.stringify(await way(await open(port), number)));
  } finally {
    child.kill('SIGKILL');
    await sleep(300);
    fs.rmSync(profile, { recursive: true, force: true });
  }
}

(async () => {
  for (let number = 0; number < folders.length; number += 1) await one(folders[number], number);
  process.exit(0);
})().catch((error) => { console.error(error.message); process.exit(1); });
