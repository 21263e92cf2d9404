import { startsWith } from './bytes.mjs';
import { dumpFormat } from './dump.mjs';

export const COMPRESSIONS = ['NONE', 'GZIP', 'BROTLI', 'ZSTD'];

const isGzip = (head) => startsWith(head, [0x1f, 0x8b, 8]) && (head[3] & 0xe0) === 0;
const isZstd = (head) => startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]);

/** What these first bytes were compressed with: what the metadata or the name says when that can be, else what they look like. */
export function compressionOf(head, said, platform) {
  if (head.length === 0) return 'NONE';
  if (said !== 'NONE' && looksRight(head, said, platform)) return said;
  return ['GZIP', 'ZSTD', 'NONE', 'BROTLI'].find((one) => looksRight(head, one, platform)) ?? said;
}

/** What a file's name says, such as shop.sql.br.enc. */
export function compressionOfName(name) {
  const suffix = /\.(gz|br|zst)(\.enc)?$/.exec(name)?.[1];
  return { gz: 'GZIP', br: 'BROTLI', zst: 'ZSTD' }[suffix] ?? 'NONE';
}

/** Whether these first bytes are what a right key gives; a cheap look, the tag decides. */
export function looksRight(head, compression, platform) {
  if (head.length === 0) return true;
  if (compression === 'GZIP') return isGzip(head) && [0, 2, 4].includes(head[8]);
  if (compression === 'ZSTD') return isZstd(head);
  const begin = compression === 'BROTLI' ? platform.peekBrotli(head) : head;
  return begin !== null && dumpFormat(begin.subarray(0, 1024)) !== null;
}
