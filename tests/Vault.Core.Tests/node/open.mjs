// Opens a backup knowing only: key, .meta.json with encryption.iv, encryption.authTag and compression, AES-256-GCM.
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createDecipheriv } from 'node:crypto';
import { gunzipSync, brotliDecompressSync } from 'node:zlib';
const file = process.argv[2];
const meta = JSON.parse(readFileSync(file + '.meta.json', 'utf8'));
const { iv, authTag } = meta.encryption;
const gcm = createDecipheriv('aes-256-gcm', Buffer.from(process.env.MASTER_KEY, 'hex'), Buffer.from(iv, 'hex'));
gcm.setAuthTag(Buffer.from(authTag, 'hex'));
let bytes = Buffer.concat([gcm.update(readFileSync(file)), gcm.final()]);
if (meta.compression === 'GZIP') bytes = gunzipSync(bytes);
if (meta.compression === 'ZSTD') bytes = execFileSync('zstd', ['-dc'], { input: bytes, maxBuffer: Infinity });
if (meta.compression === 'BROTLI') bytes = brotliDecompressSync(bytes);
process.stdout.write(bytes);
