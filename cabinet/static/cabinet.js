// Our own script, joined behind htmx into one module. It guards against double submission,
// moves the focus after a swap, says what to do when an answer fails, and keeps typed digits.

// What to say when an answer failed: by its status, else by whether there was one.
const WORDS = {
  0: 'Связь прервалась|Мы не знаем, дошли ли данные. Они остались на странице. Нажмите кнопку ещё раз: дважды ничего не запишется.',
  400: 'Страница устарела|Обновите её и введите данные ещё раз.',
  429: 'Слишком много попыток|Подождите. Нажмите кнопку ещё раз.',
  500: 'Сбой на нашей стороне|Данные остались на странице. Нажмите кнопку ещё раз через минуту: дважды ничего не запишется. Или позвоните нам.',
};
const errorBox = document.getElementById('err');
const all = (selector) => [...document.querySelectorAll(selector)];
const on = document.addEventListener.bind(document);
const say = (text) => { document.getElementById('status').textContent = text; };

// Busy: a form that waits for its answer is not sent again. Never `disabled`: that would
// stick after Back.
const free = (form) => form && form.removeAttribute('aria-busy');
on('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.getAttribute('aria-busy')) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  form.setAttribute('aria-busy', 'true');
  say('Отправляем…');
  setTimeout(free, 35000, form);
}, true);
window.addEventListener('pageshow', () => { all('[aria-busy]').forEach(free); say(''); });
on('htmx:afterRequest', (event) => { free(event.detail.elt.closest('form')); say(''); });

// Focus: the new message, else the first bad field, else the first heading. Of a field what
// is above it stays in sight.
const focusOn = (part) => {
  const goal = ['[data-focus]', '[aria-invalid=true]', 'h1,h2'].map((s) => part.querySelector(s)).find(Boolean);
  if (!goal) return;
  if (goal.tabIndex < 0) goal.tabIndex = -1;
  goal.focus();
  if (!goal.form) goal.scrollIntoView();
};
const [box] = all('.box[data-focus]');
if (box) focusOn(box.parentNode);

// Failure: 422 and 409 are none, they bring the form with what is wrong in it.
['sendError', 'timeout', 'responseError'].forEach((name) => on(`htmx:${name}`, (event) => {
  errorBox.innerHTML = '<div class="box alert" data-focus><h2></h2><p></p></div>';
  const box = errorBox.firstChild;
  [box.firstChild.textContent, box.lastChild.textContent] = (WORDS[event.detail.xhr.status] || WORDS[500]).split('|');
  focusOn(errorBox);
}));
on('htmx:beforeRequest', () => { errorBox.textContent = ''; });

// Drafts: digits typed and not yet taken survive a lost connection, on this device only.
const drafts = () => {
  try {
    return JSON.parse(localStorage.drafts);
  } catch (_) {
    return {};
  }
};
const nameOf = (field) => `${field.dataset.draft}:${field.name}`;
// Digits typed without a connection belong to the only account there is.
const offline = (field) => (all('#switch').length ? '' : `offline:${field.name}`);
const fill = () => {
  try {
    if (all('[data-taken]').length) delete localStorage.drafts;
  } catch (_) { /* storage may be forbidden */ }
  const kept = drafts();
  all('[data-draft]').forEach((field) => { field.value = field.value || kept[nameOf(field)] || kept[offline(field)] || ''; });
};
on('input', (event) => {
  const field = event.target;
  if (!field.dataset.draft) return;
  try {
    localStorage.drafts = JSON.stringify({ ...drafts(), [nameOf(field)]: field.value });
  } catch (_) { /* storage may be full or forbidden */ }
});
fill();

on('htmx:afterSettle', (event) => { focusOn(event.target); fill(); });

// The key «?» follows the link to the help of the page, not while something is typed.
on('keydown', (event) => {
  const field = event.target;
  if (event.key === '?' && !field.name) all('[data-help]').forEach((link) => { link.click(); });
});

if (navigator.serviceWorker) navigator.serviceWorker.register('/sw.js').catch(() => {});
