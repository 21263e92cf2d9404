// Makes what the page shows. Texts of files and metadata go in as text, never as HTML.
import { FORMAT_NAMES, nextCommand } from '../dump.mjs';
import { size } from '../words.mjs';

export const $ = (id) => document.getElementById(id);

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export const show = (id, ...children) => $(id).replaceChildren(...children);

const FORMATS = { sealed: 'Sealed (Vault)', standard: 'Standard AES-256-GCM (Vault, DBackup)', none: 'Not encrypted' };
const COMPRESSIONS = { NONE: 'None', GZIP: 'gzip', BROTLI: 'brotli', ZSTD: 'zstd' };

export function showFacts(file, metadataFile, found, keyPrint) {
  const facts = found ? factsOf(found, keyPrint) : [];
  const rows = [['File', file && `${file.name} · ${size(file.size)}`], ['Metadata', metadataFile ? metadataFile.name : found?.format === 'sealed' ? 'None; this backup does not need it' : null], ...facts];
  show('facts', ...rows.filter(([, value]) => value).flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]));
  $('facts').hidden = !file && !metadataFile;
}

function factsOf({ format, compression, wants, fingerprint, metadata }, keyPrint) {
  return [
    ['Format', FORMATS[format]],
    ['Compression', compression ? COMPRESSIONS[compression] : 'Shows when the key is there'],
    ['Job', metadata?.job],
    ['Source', [metadata?.source, metadata?.databases?.join(', ')].filter(Boolean).join(' · ')],
    ['Made', metadata?.startedAt && dateWords(metadata.startedAt)],
    ['Description', metadata?.description],
    ['Opens with', wants === 'password' ? 'A password' : fingerprint ? `Key ${fingerprint}` : wants === 'key' ? 'A master key' : 'No key is needed'],
    ['Your key', keyPrint && `Key ${keyPrint}`],
  ];
}

function dateWords(text) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short' });
}

export const notice = (kind, title, ...texts) => element('div', `notice ${kind}`, ...(title ? [element('p', 'title', title)] : []), ...texts.map((text) => (typeof text === 'string' ? element('p', '', text) : text)));

/** Shows a problem and takes the reader there. */
export function showProblem(where, cause, focus) {
  const box = notice('failed', cause.message, cause.next ?? '');
  box.tabIndex = -1;
  box.setAttribute('role', 'alert');
  box.dataset.code = cause.code;
  show(where, box);
  if (focus) box.focus();
}

export function showSuccess(result, name, engine, saveAgain) {
  const what = FORMAT_NAMES[result.dumpFormat] ?? 'a dump of unknown kind';
  const how = result.format === 'none' ? 'The file was read to its end.' : 'Every byte is authentic.';
  const title = name ? `Recovered. ${how}` : `Everything is in order. ${how}`;
  const box = notice('proved', title, name ? `${name}: ${what}, ${size(result.size)}.` : `It holds ${what}, ${size(result.size)}. Nothing was saved.`);
  const command = name && nextCommand(result.dumpFormat, name, engine);
  if (command) box.append(element('p', '', 'What to do with it, in a terminal in the folder of the file:'), element('code', 'command', command));
  if (saveAgain) box.append(saveAgain);
  box.tabIndex = -1;
  show('outcome', box, ...result.notes.map((text) => notice('warning', null, text)));
  box.focus();
}
