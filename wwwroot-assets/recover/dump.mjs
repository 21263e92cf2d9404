import { startsWith, utf8 } from './bytes.mjs';

const MAGIC = [['custom', 'PGDMP'], ['sqlite', 'SQLite format 3\0'], ['rdb', 'REDIS'], ['zip', 'PK\u0003\u0004']];
const PRINTABLE_SHARE = 0.85;

/** The dump format that the first bytes show; null when they show none (docs/format.md, section 7). */
export function dumpFormat(head) {
  const known = MAGIC.find(([, magic]) => startsWith(head, utf8(magic)));
  if (known) return known[0];
  if (head.length >= 262 && startsWith(head.subarray(257), utf8('ustar'))) return 'tar';
  return isText(head) ? 'plain' : null;
}

/** The name of the dump inside a backup: without what compression and encryption added. */
export function dumpName(file) {
  const name = file.replace(/\.enc$/i, '').replace(/\.(gz|br|zst)$/i, '');
  return name === file ? `${file}.recovered` : name;
}

export const FORMAT_NAMES = {
  custom: 'pg_dump custom archive', sqlite: 'SQLite database', rdb: 'Redis snapshot', zip: 'zip archive', tar: 'tar archive', plain: 'SQL text',
};

/** What to do with the recovered dump, as a person would type it; null when there is nothing to advise. */
export function nextCommand(format, file, engine) {
  const name = /^[\w.\/-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
  if (format === 'custom') return `createdb restored && pg_restore -1 -e -d restored ${name}`;
  if (format === 'plain') return engine === 'sqlite' ? `sqlite3 restored.sqlite < ${name}` : `createdb restored && psql -X -1 -v ON_ERROR_STOP=1 -d restored -f ${name}`;
  if (format === 'sqlite') return `sqlite3 ${name} 'PRAGMA integrity_check'`;
  if (format === 'tar') return `tar -xvf ${name}`;
  return format === 'zip' ? `unzip ${name}` : null;
}

// Bytes of whole, visible characters, and of one that is cut at the end.
function isText(head) {
  let printable = 0;
  for (let at = 0; at < head.length;) {
    const length = characterLength(head, at);
    printable += length > 0 ? length : 0;
    at += Math.abs(length);
  }
  return printable >= head.length * PRINTABLE_SHARE;
}

// Negative: so many bytes that are no text.
function characterLength(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return (first >= 0x20 && first !== 0x7f) || [9, 10, 12, 13].includes(first) ? 1 : -1;
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || first >= 0xf5) return -1;
  const whole = bytes.subarray(at, at + length);
  const wrong = whole.subarray(1).findIndex((byte) => (byte & 0xc0) !== 0x80);
  if (wrong >= 0) return -(wrong + 1);
  return first === 0xc2 && whole[1] < 0xa0 ? -2 : whole.length;
}
