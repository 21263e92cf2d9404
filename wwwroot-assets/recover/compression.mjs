import { startsWith } from './bytes.mjs';
import { dumpFormat } from './dump.mjs';

export const COMPRESSIONS = ['NONE', 'GZIP', 'BROTLI', 'ZSTD'];

const isGzip = (head) => startsWith(head, [0x1f, 0x8b, 8]) && (head[3] & 0xe0) === 0;
const isZstd = (head) => startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]);

/** By the first bytes of what is compressed; brotli has no sign of its own. */
export const compressionOf = (head) =>
  startsWith(head, [0x1f, 0x8b]) ? 'GZIP' : isZstd(head) ? 'ZSTD' : head.length === 0 || dumpFormat(head.subarray(0, 1024)) ? 'NONE' : 'BROTLI';

/** Whether these first bytes are what a right key gives; a cheap look, the tag decides. */
export function looksRight(head, compression, platform) {
  if (head.length === 0) return true;
  if (compression === 'GZIP') return isGzip(head) && [0, 2, 4].includes(head[8]);
  if (compression === 'ZSTD') return isZstd(head);
  const begin = compression === 'BROTLI' ? platform.peekBrotli(head) : head;
  return begin !== null && dumpFormat(begin.subarray(0, 1024)) !== null;
}
