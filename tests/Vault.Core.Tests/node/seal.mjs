// Seals each line {iv, plain} of standard input with Node's own cipher; answers lines {cipher, tag}. All base64.
import { createInterface } from 'node:readline';
import { createCipheriv } from 'node:crypto';
const key = Buffer.from(process.env.MASTER_KEY, 'hex');
for await (const line of createInterface({ input: process.stdin })) {
  const { iv, plain } = JSON.parse(line);
  const gcm = createCipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'));
  const cipher = Buffer.concat([gcm.update(Buffer.from(plain, 'base64')), gcm.final()]);
  console.log(JSON.stringify({ cipher: cipher.toString('base64'), tag: gcm.getAuthTag().toString('base64') }));
}
