// Our own script, joined behind htmx into one module. It guards against double submission,
// moves the focus after a swap, says what to do when an answer fails, and keeps typed digits.
(() => {
  const BUSY = 'aria-busy';
  const BUSY_MS = 35000;
  const DRAFTS = 'drafts';
  const main = document.getElementById('main');
  const status = document.getElementById('status');
  const errorBox = document.getElementById('err');
  const all = (selector) => [...document.querySelectorAll(selector)];
  const on = (names, listener) => names.split(' ').forEach((name) => document.addEventListener(name, listener));
  const say = (text) => { if (status) status.textContent = text || ''; };

  // Busy: a form that waits for its answer is not sent again. Never `disabled`: that would
  // stick after Back.
  const free = (form) => form && form.removeAttribute(BUSY);
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'post') return;
    if (form.getAttribute(BUSY)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.setAttribute(BUSY, 'true');
    say(status && status.dataset.wait);
    setTimeout(free, BUSY_MS, form);
  }, true);
  window.addEventListener('pageshow', () => { all(`[${BUSY}]`).forEach(free); say(); });
  on('htmx:afterRequest htmx:finally:request', (event) => {
    const detail = event.detail;
    const source = detail.elt || (detail.ctx && detail.ctx.sourceElement);
    free(source && source.closest('form'));
    say();
  });

  // Focus: the new message, else the first bad field, else the first heading.
  const focusOn = (part) => {
    const goal = ['[data-focus]', '[aria-invalid=true]', 'h1,h2'].map((s) => part.querySelector(s)).find(Boolean);
    if (!goal) return;
    if (!goal.matches('input,select,textarea')) goal.tabIndex = -1;
    goal.focus({ preventScroll: true });
    goal.scrollIntoView();
  };
  const message = document.querySelector('.box[data-focus]');
  if (message) focusOn(message.parentNode);

  // Failure: the words stand on <main>, one pair «heading|text» for a status.
  on('htmx:sendError htmx:timeout htmx:responseError htmx:error htmx:response:error', (event) => {
    const detail = event.detail.errorInfo || event.detail;
    const answer = detail.xhr || (detail.ctx && detail.ctx.response);
    const code = answer ? answer.status : 0;
    if (code === 422 || code === 409) return;
    const words = main.dataset[`on${code}`] || main.dataset[code ? 'onServer' : 'onNet'];
    errorBox.innerHTML = '<div class="box alert" data-focus><h2></h2><p></p></div>';
    const box = errorBox.firstChild;
    [box.firstChild.textContent, box.lastChild.textContent] = words.split('|');
    focusOn(errorBox);
  });
  on('htmx:beforeRequest htmx:before:request', () => { errorBox.textContent = ''; });

  // Drafts: digits typed and not yet taken survive a lost connection, on this device only.
  const drafts = () => {
    try {
      return JSON.parse(localStorage[DRAFTS]);
    } catch (_) {
      return {};
    }
  };
  const nameOf = (field) => `${field.dataset.draft}:${field.name}`;
  // Digits typed without a connection belong to the only account there is.
  const offline = (field) => (document.getElementById('account') ? '' : `offline:${field.name}`);
  const fill = () => {
    try {
      if (document.querySelector('[data-taken]')) delete localStorage[DRAFTS];
    } catch (_) { /* storage may be forbidden */ }
    const kept = drafts();
    all('[data-draft]').forEach((field) => { field.value = field.value || kept[nameOf(field)] || kept[offline(field)] || ''; });
  };
  document.addEventListener('input', (event) => {
    const field = event.target;
    if (!field.dataset.draft) return;
    try {
      localStorage[DRAFTS] = JSON.stringify({ ...drafts(), [nameOf(field)]: field.value });
    } catch (_) { /* storage may be full or forbidden */ }
  });
  fill();

  on('htmx:afterSettle htmx:after:settle', (event) => { focusOn(event.target); fill(); });

  if (navigator.serviceWorker) navigator.serviceWorker.register('/sw.js').catch(() => {});
})();
