// Writes `sealed` from docs/format.md alone; shares no line with the readers that it is there to test.
import { createCipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync, randomBytes } from 'node:crypto';

const MAGIC = Buffer.from('VLTSEAL1');
const u16 = (value) => { const bytes = Buffer.alloc(2); bytes.writeUInt16BE(value); return bytes; };
const u32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes; };
const u64 = (value) => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(BigInt(value)); return bytes; };

export function seal(plain, { key, password, rounds = 1, chunkSize = 1048576, salt = randomBytes(32) }) {
  const stretched = password === undefined ? 0 : rounds;
  const input = password === undefined ? key : pbkdf2Sync(Buffer.from(password, 'utf8'), salt, rounds * 10000, 32, 'sha256');
  const derive = (purpose) => Buffer.from(hkdfSync('sha256', input, salt, `vault/sealed/v1/${purpose}`, 32));
  const signed = Buffer.concat([MAGIC, Buffer.from([1, password === undefined ? 0 : 1]), u16(stretched), u32(chunkSize), salt, derive('check').subarray(0, 16)]);
  const parts = [signed, createHmac('sha256', derive('mac')).update(signed).digest()];
  const count = Math.max(1, Math.ceil(plain.length / chunkSize));
  for (let i = 0; i < count; i++) {
    const nonce = Buffer.concat([Buffer.alloc(3), u64(i), Buffer.from([i === count - 1 ? 1 : 0])]);
    const cipher = createCipheriv('aes-256-gcm', derive('payload'), nonce);
    parts.push(cipher.update(plain.subarray(i * chunkSize, (i + 1) * chunkSize)), cipher.final(), cipher.getAuthTag());
  }
  return Buffer.concat(parts);
}

export function sealStandard(plain, { key, iv = randomBytes(16) }) {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const file = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { file, iv: iv.toString('hex'), authTag: cipher.getAuthTag().toString('hex') };
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
