// usage: node refuse.mjs RECOVER_MJS    Opens hundreds of damaged files in one process; prints what was tried and what got through.
import { seal } from './sealer.mjs';
import { pathToFileURL } from 'node:url';

const { openBackup, platform, Problem } = await import(pathToFileURL(process.argv[2]));
const key = Buffer.from('00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f', 'hex');
const dump = Buffer.from('-- PostgreSQL database dump\n'.repeat(6));

async function open(bytes, secret = { key }) {
  const source = { name: 'backup.sql.enc', size: bytes.length, read: async (at, length) => new Uint8Array(bytes.subarray(at, at + length)) };
  const released = [];
  try {
    const backup = await openBackup(source, null, platform);
    await backup.unlock(secret);
    for await (const piece of backup.dump()) released.push(piece);
    return { whole: Buffer.concat(released) };
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    return { code: cause.code, released: Buffer.concat(released) };
  }
}

const whole = seal(dump, { key, chunkSize: 64 });
const chunk = (index) => whole.subarray(96 + index * 80, Math.min(whole.length, 96 + (index + 1) * 80));
const report = { intact: (await open(whole)).whole?.equals(dump) === true, tried: 0, opened: [], codes: {} };

async function mustRefuse(what, bytes) {
  const { code, released } = await open(bytes);
  report.tried++;
  if (!code || !dump.subarray(0, released.length).equals(released)) report.opened.push(what);
  report.codes[code] = (report.codes[code] ?? 0) + 1;
}

for (let bit = 0; bit < whole.length * 8; bit++) {
  const flipped = Buffer.from(whole);
  flipped[bit >> 3] ^= 1 << (bit & 7);
  await mustRefuse(`bit ${bit}`, flipped);
}
for (let length = 0; length < whole.length; length++) await mustRefuse(`cut at ${length}`, whole.subarray(0, length));
for (const count of [1, 15, 16, 17, 80, 200]) await mustRefuse(`${count} bytes more`, Buffer.concat([whole, Buffer.alloc(count, 7)]));
const head = whole.subarray(0, 96);
await mustRefuse('two chunks swapped', Buffer.concat([head, chunk(1), chunk(0), chunk(2)]));
await mustRefuse('a chunk repeated', Buffer.concat([head, chunk(0), chunk(0), chunk(1), chunk(2)]));
await mustRefuse('a chunk left out', Buffer.concat([head, chunk(0), chunk(2)]));
await mustRefuse('the last chunk repeated', Buffer.concat([whole, chunk(2)]));
await mustRefuse('a chunk of another file', Buffer.concat([head, seal(dump, { key, chunkSize: 64 }).subarray(96, 176), chunk(1), chunk(2)]));
await mustRefuse('an empty last chunk behind full ones', withEmptyLastChunk());

// A writer that ends a multiple of the chunk size with an empty chunk has not written the format.
function withEmptyLastChunk() {
  const full = seal(Buffer.concat([dump, dump]).subarray(0, 128), { key, chunkSize: 64, salt: Buffer.alloc(32, 1) });
  const one = seal(Buffer.concat([dump, dump]).subarray(0, 129), { key, chunkSize: 64, salt: Buffer.alloc(32, 1) });
  return Buffer.concat([one.subarray(0, 96 + 160), full.subarray(full.length - 16)]);
}

console.log(JSON.stringify(report));
