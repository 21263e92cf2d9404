// usage: node standard.mjs FOLDER    Writes files of the format `standard` that the pipeline writes rarely or never, each with its metadata.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sealStandard, sha256 } from './sealer.mjs';

const key = Buffer.from('00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f', 'hex');
const dump = Buffer.from('-- PostgreSQL database dump\n'.repeat(120_000));
const kinds = {
  // Found by search: under this key the 32-bit counter begins 39,406 blocks before its end, and goes round within the file.
  'counter-goes-round': Buffer.from('0000000000000000000000000000af0b', 'hex'),
  'iv-of-12-bytes': randomBytes(12),
};

for (const [name, iv] of Object.entries(kinds)) {
  const sealed = sealStandard(dump, { key, iv });
  writeFileSync(join(process.argv[2], `${name}.sql.enc`), sealed.file);
  writeFileSync(join(process.argv[2], `${name}.sql.enc.meta.json`), JSON.stringify({ encryption: { enabled: true, iv: sealed.iv, authTag: sealed.authTag }, sha256: { dump: sha256(dump) } }));
}
console.log(sha256(dump));
