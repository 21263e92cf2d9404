// Writes the vectors of docs/format.md §4 from its text alone: nothing of Vault's own code is used here.
// usage: node make.mjs      Released vectors are never changed; new ones are added at the end of the list.
import { createCipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { gzipSync, brotliCompressSync } from 'node:zlib';
import { join } from 'node:path';

const key = Buffer.from('00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f', 'hex');
const other = Buffer.from('ff112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f', 'hex');
const salt = createHash('sha256').update('salt of the vectors').digest();
const text = (length) => Buffer.from('INSERT INTO orders VALUES (1, \'tea\', 4.20);\n'.repeat(Math.ceil(length / 44)).slice(0, length), 'latin1');

function seal(plain, { ikm = key, chunk = 64, units = 0, flags = units ? 1 : 0, suite = 1, magic = 'VLTSEAL1', lastFlag = 1, mutateHeader } = {}) {
  const input = typeof ikm === 'string' ? pbkdf2Sync(Buffer.from(ikm, 'utf8'), salt, units * 10000, 32, 'sha256') : ikm;
  const derive = (purpose) => Buffer.from(hkdfSync('sha256', input, salt, `vault/sealed/v1/${purpose}`, 32));
  const header = Buffer.alloc(96);
  header.write(magic, 0, 'latin1');
  header[8] = suite;
  header[9] = flags;
  header.writeUInt16BE(units, 10);
  header.writeUInt32BE(chunk, 12);
  salt.copy(header, 16);
  derive('check').copy(header, 48, 0, 16);
  createHmac('sha256', derive('mac')).update(header.subarray(0, 64)).digest().copy(header, 64);
  mutateHeader?.(header);
  const parts = [header];
  const count = Math.max(1, Math.ceil(plain.length / chunk));
  for (let i = 0; i < count; i++) {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(BigInt(i), 3);
    nonce[11] = i === count - 1 ? lastFlag : 0;
    const gcm = createCipheriv('aes-256-gcm', derive('payload'), nonce);
    parts.push(Buffer.concat([gcm.update(plain.subarray(i * chunk, (i + 1) * chunk)), gcm.final(), gcm.getAuthTag()]));
  }
  return parts;
}

const vectors = [];
function add(name, parts, expected, plain) {
  writeFileSync(join(import.meta.dirname, `${name}.enc`), Buffer.concat(parts));
  vectors.push({ file: `${name}.enc`, key: key.toString('hex'), ...expected, ...(plain && { sha256: createHash('sha256').update(plain).digest('hex') }) });
}
const good = (name, length, options, more) => add(name, seal(text(length), options), { ...more }, text(length));
const bad = (name, problem, parts, more) => add(name, parts, { problem, ...more });
const whole = seal(text(200));
const [header, a, b, c, d] = whole;
const twelve = seal(text(64 * 12));

good('empty', 0);
good('one-byte', 1);
good('chunk-less-one', 63);
good('chunk', 64);
good('chunk-plus-one', 65);
good('many-chunks', 64 * 300 + 17);
good('largest-chunk-size', 100, { chunk: 16777216 });
good('password', 100, { ikm: 'correct horse', units: 1 }, { password: 'correct horse', key: undefined });
good('password-composed', 100, { ikm: 'Z\u00fcrich 1867', units: 2 }, { password: 'Z\u00fcrich 1867', key: undefined });
good('password-decomposed', 100, { ikm: 'Zu\u0308rich 1867', units: 2 }, { password: 'Zu\u0308rich 1867', key: undefined });
add('gzip', seal(gzipSync(text(1000))), { compression: 'GZIP' }, text(1000));
add('brotli', seal(brotliCompressSync(text(1000))), { compression: 'BROTLI' }, text(1000));
bad('wrong-key', 'no-key', seal(text(100), { ikm: other }));
bad('wrong-password', 'no-key', seal(text(100), { ikm: 'correct horse', units: 1 }), { password: 'Correct horse', key: undefined });
bad('magic', 'no-seal', seal(text(100), { magic: 'VLTSEAL2' }));
bad('suite', 'seal-header', seal(text(100), { suite: 2 }));
bad('flags', 'seal-header', seal(text(100), { flags: 2 }));
bad('rounds-without-password', 'seal-header', seal(text(100), { units: 1, flags: 0 }));
bad('password-without-rounds', 'seal-header', seal(text(100), { units: 0, flags: 1 }));
bad('too-many-rounds', 'seal-header', seal(text(100), { units: 1, mutateHeader: (h) => h.writeUInt16BE(1001, 10) }));
bad('chunk-too-small', 'seal-header', seal(text(100), { chunk: 63 }));
bad('chunk-too-large', 'seal-header', seal(text(100), { mutateHeader: (h) => h.writeUInt32BE(16777217, 12) }));
bad('chunk-size-changed', 'tag-mismatch', seal(text(100), { mutateHeader: (h) => h.writeUInt32BE(128, 12) }));
bad('header-mac', 'tag-mismatch', seal(text(100), { mutateHeader: (h) => { h[95] ^= 1; } }));
bad('header-cut', 'file-truncated', [header.subarray(0, 95)]);
bad('no-chunk', 'file-truncated', [header]);
bad('first-tag-cut', 'file-truncated', [header, a.subarray(0, 15)]);
bad('first-bit', 'tag-mismatch', [header, Buffer.concat([Buffer.from([a[0] ^ 1]), a.subarray(1)]), b, c, d]);
bad('last-bit-of-a-tag', 'tag-mismatch', [header, a, Buffer.concat([b.subarray(0, -1), Buffer.from([b.at(-1) ^ 128])]), c, d]);
bad('cut-behind-a-chunk', 'file-truncated', [header, a, b]);
bad('cut-within-a-chunk', 'tag-mismatch', [header, a, b, c, d.subarray(0, -1)]);
bad('last-chunk-missing', 'file-truncated', [header, a, b, c]);
bad('chunks-swapped', 'tag-mismatch', [header, b, a, c, d]);
bad('chunk-repeated', 'tag-mismatch', [header, a, a, b, c, d]);
bad('chunk-left-out', 'tag-mismatch', [header, a, c, d]);
bad('last-chunk-repeated', 'tag-mismatch', [header, a, b, c, d, d]);
bad('byte-added', 'tag-mismatch', [...whole, Buffer.from([0])]);
bad('byte-added-behind-a-full-last-chunk', 'file-too-long', [...seal(text(128)), Buffer.from([0])]);
bad('foreign-chunk', 'tag-mismatch', [header, a, seal(text(200), { ikm: other })[2], c, d]);
bad('two-files-in-a-row', 'tag-mismatch', [...whole, ...whole]);
bad('never-ends', 'file-truncated', seal(text(128), { lastFlag: 0 }));
bad('last-is-two', 'tag-mismatch', seal(text(100), { lastFlag: 2 }));
bad('chunk-nine-and-ten-swapped', 'tag-mismatch', [...twelve.slice(0, 10), twelve[11], twelve[10], twelve[12]]);

writeFileSync(join(import.meta.dirname, 'vectors.json'), `[\n${vectors.map((v) => `  ${JSON.stringify(v)}`).join(',\n')}\n]\n`);
console.log(`${vectors.length} vectors`);
