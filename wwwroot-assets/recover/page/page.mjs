import { dumpName } from '../dump.mjs';
import { toHex } from '../bytes.mjs';
import { keyInFile, parseKey } from '../keys.mjs';
import { percent, progressWords } from '../words.mjs';
import { Engine } from './engine.mjs';
import { BLOB_LIMIT, DiskSink, DownloadSink, canWriteToDisk, tooLarge } from './sinks.mjs';
import { $, element, notice, show, showFacts, showProblem, showSuccess } from './view.mjs';

const MAX_KEY_FILE = 1 << 20;
const TITLE = document.title;
const state = { file: null, metadata: null, found: null, keyPrint: null, password: null, isUnlocked: false, isRunning: false };
let engine = new Engine();

/** Several files at once: the backup, its metadata and the key may come together, in any order, from anywhere on the page. */
async function take(files) {
  if (state.isRunning) return;
  const before = state.file;
  let isNew = false;
  for (const file of files) {
    if (/\.meta\.json$/i.test(file.name)) [state.metadata, isNew] = [file, true];
    else if (/\.(txt|html?)$/i.test(file.name) && file.size <= MAX_KEY_FILE) await takeKey(file);
    else [state.file, isNew] = [file, true];
  }
  if (before !== null && isReplaced(files)) state.metadata = null;
  const backups = [...files].filter((file) => /\.enc$/i.test(file.name));
  if (isNew) await open(backups.length > 1 ? ['Several backups were given. This page takes one at a time: the last one.'] : []);
}

// Another backup without metadata: what is here belongs to the one before.
const isReplaced = (files) => files.includes(state.file) && !files.includes(state.metadata) && state.metadata?.name !== `${state.file.name}.meta.json`;

async function open(notes) {
  Object.assign(state, { found: null, isUnlocked: false, password: null });
  ['backup-problem', 'key-problem', 'outcome', 'notes'].forEach((id) => show(id));
  try {
    if (state.file) state.found = await engine.ask('open', { file: state.file, metadata: state.metadata });
    else notes.push('This is the metadata. Now add the backup itself: the file of the same name without .meta.json.');
    show('notes', ...[...notes, ...(state.found?.notes ?? []), ...sizeNotes()].map((text) => notice('warning', null, text)));
  } catch (cause) {
    showProblem('backup-problem', cause, true);
  }
  wantSecret(state.found?.wants ?? 'key');
  refresh();
  await unlockByKey();
}

function sizeNotes() {
  const bytes = state.found?.metadata?.dumpSize ?? state.file?.size ?? 0;
  return !canWriteToDisk() && bytes > BLOB_LIMIT ? [`${tooLarge().message} ${tooLarge().next}`] : [];
}

// One field for both, because the backup says which one it wants.
function wantSecret(wants) {
  const isPassword = wants === 'password';
  $('key-step').hidden = wants === null || (state.found !== null && state.found.wants === null);
  $('secret').type = isPassword && !$('show').checked ? 'password' : 'text';
  $('show-row').hidden = !isPassword;
  $('key-file-row').hidden = isPassword;
  $('key-word').textContent = isPassword ? 'The password' : 'The key';
  $('secret-label').textContent = isPassword ? 'Password' : 'Master key';
  $('secret-hint').textContent = isPassword ? 'This backup was made with a password. Capitals and blanks count.' : '64 characters, 0–9 and a–f. Blanks, dashes and capitals do not matter.';
}

async function takeKey(file) {
  try {
    $('secret').value = toHex(keyInFile(await file.text()));
    await unlockByKey();
  } catch (cause) {
    showProblem('key-problem', cause, true);
  }
}

/** As soon as 64 characters are there: does this key open this backup? */
async function unlockByKey() {
  show('key-problem');
  const typed = $('secret').value;
  const key = parseKey(typed);
  Object.assign(state, { isUnlocked: false, keyPrint: null });
  if (state.found?.wants === 'password') return say('', '');
  if (!key) return say('', countWords(typed));
  const given = typed;
  state.keyPrint = await engine.ask('fingerprint', { key });
  if (!state.found) return say('', `Key ${state.keyPrint}`);
  try {
    const { compression, isLikely } = await engine.ask('unlock', { secret: { key } });
    if ($('secret').value !== given) return;
    state.found.compression = compression;
    state.isUnlocked = true;
    if (state.found.format === 'sealed' || state.found.fingerprint === state.keyPrint) say('proved', `Key ${state.keyPrint} fits this backup.`);
    else if (isLikely) say('proved', `Key ${state.keyPrint} looks right. The check of the whole backup decides.`);
    else say('warning', `Key ${state.keyPrint} does not look right. The check of the whole backup decides.`);
  } catch (cause) {
    say('', '');
    showProblem('key-problem', cause);
  }
}

function countWords(typed) {
  const bare = typed.replace(/[\s:\u00ad\u2010-\u2015-]/g, '');
  if (bare === '') return '';
  const wrong = bare.match(/[^0-9a-fA-F]/);
  return wrong ? `“${wrong[0]}” is no character of a key: only 0–9 and a–f are.` : `${bare.length} of 64 characters`;
}

function say(kind, text) {
  $('secret-state').className = `state ${kind}`;
  $('secret-state').textContent = text;
  refresh();
}

function refresh() {
  const { file, metadata, found, keyPrint, isUnlocked } = state;
  const hasSecret = found?.wants === 'password' ? $('secret').value !== '' : found?.wants === null || isUnlocked;
  const isReady = found !== null && hasSecret;
  showFacts(file, metadata, found, keyPrint);
  $('recover').disabled = $('verify').disabled = !isReady;
  $('ready-hint').hidden = isReady;
  $('ready-hint').textContent = found ? `Give the ${found.wants === 'password' ? 'password' : 'key'} first.` : 'Choose the backup and give its key first.';
  $('backup-step').classList.toggle('is-full', file !== null);
  $('backup-step').classList.toggle('is-done', found !== null);
  $('key-step').classList.toggle('is-done', isUnlocked);
}

async function run(keep) {
  show('outcome');
  show('key-problem');
  let sink = null;
  try {
    // Before the dialog that asks where to: nobody wants to choose a place for nothing.
    if (state.found.wants === 'password') await unlockByPassword($('secret').value);
    if (keep) sink = canWriteToDisk() ? await DiskSink.choose(dumpName(state.file.name)) : new DownloadSink(dumpName(state.file.name));
    if (keep && !sink) return;
    begin(keep);
    engine.onPiece = (piece) => sink.write(piece);
    const result = await engine.ask('recover', { keep });
    await sink?.commit();
    end();
    showSuccess({ ...result, format: state.found.format }, sink?.name, state.found.metadata?.engine, sink?.save ? again(sink) : null);
    tell(keep ? 'Recovered' : 'Checked');
  } catch (cause) {
    await sink?.discard();
    end();
    await startAnew();
    showProblem(cause.code === 'wrong-password' ? 'key-problem' : 'outcome', cause, true);
    tell(cause.code === 'stopped' ? 'Stopped' : 'Not recovered');
  }
}

// Stretching takes a moment, and the dialog opens only shortly after a click: a second click must not wait again.
async function unlockByPassword(password) {
  if (password !== state.password) await engine.ask('unlock', { secret: { password } });
  state.password = password;
}

function again(sink) {
  const button = element('button', 'button quiet', 'Save it again');
  button.type = 'button';
  button.onclick = () => sink.save();
  return element('div', 'row', button);
}

function begin(keep) {
  const total = state.file.size * state.found.passes;
  const startedAt = performance.now();
  let saidAt = 0;
  setRunning(true);
  $('ready').hidden = true;
  $('running').hidden = false;
  $('rate').textContent = '';
  $('progress').value = 0;
  $('doing').focus();
  engine.onProgress = (done) => {
    const now = percent(done, total);
    $('doing').textContent = !keep ? 'Checking the backup' : state.found.passes === 2 && done <= state.file.size ? 'Checking the whole backup first' : 'Checking and unpacking the dump';
    $('progress').value = now;
    $('rate').textContent = progressWords(done, total, (performance.now() - startedAt) / 1000);
    document.title = `${now} % · ${TITLE}`;
    if (now >= saidAt + 10) $('status').textContent = `${saidAt = now - (now % 10)} percent`;
  };
}

function end() {
  setRunning(false);
  $('ready').hidden = false;
  $('running').hidden = true;
}

// Another key or file in the middle would be another backup.
function setRunning(isRunning) {
  state.isRunning = isRunning;
  ['files', 'secret', 'show', 'key-file'].forEach((id) => { $(id).disabled = isRunning; });
}

function tell(word) {
  document.title = `${word} · ${TITLE}`;
  $('status').textContent = word;
}

// A fresh worker knows neither backup nor key; give them to it again, so that a second try is one click.
async function startAnew() {
  engine.end();
  state.password = null;
  engine = new Engine();
  try {
    await engine.ask('open', { file: state.file, metadata: state.metadata });
    if (state.isUnlocked) await engine.ask('unlock', { secret: { key: parseKey($('secret').value) } });
  } catch {
    state.isUnlocked = false;
  }
  refresh();
}

function listen() {
  $('files').onchange = ({ target }) => take([...target.files]).then(() => { target.value = ''; });
  $('key-file').onchange = async ({ target }) => {
    if (target.files[0]) await takeKey(target.files[0]);
    target.value = '';
  };
  $('secret').oninput = unlockByKey;
  $('show').onchange = () => wantSecret('password');
  $('recover').onclick = () => run(true);
  $('verify').onclick = () => run(false);
  $('cancel').onclick = () => engine.end();
  window.onbeforeunload = (event) => { if (state.isRunning) event.preventDefault(); };
  document.ondragover = (event) => {
    event.preventDefault();
    document.body.classList.add('is-over');
  };
  document.ondragleave = (event) => { if (!event.relatedTarget) document.body.classList.remove('is-over'); };
  document.ondrop = (event) => {
    event.preventDefault();
    document.body.classList.remove('is-over');
    take([...event.dataTransfer.files]);
  };
}

listen();
refresh();
