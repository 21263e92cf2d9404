// What Node 18 and newer bring: ciphers and hashes of OpenSSL, gzip and brotli of zlib.
import { createDecipheriv, createHash, createHmac, hkdfSync, pbkdf2, webcrypto } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliDecompressSync, constants, createBrotliDecompress, createGunzip } from 'node:zlib';
import { problems } from '../problem.mjs';
import { ZstdDecoder } from '../zstd.mjs';

const OUT_SIZE = 1 << 18;
const stretch = promisify(pbkdf2);

export const platform = {
  // OpenSSL on another thread: reading, hashing and opening overlap.
  digest: async (bytes) => new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes)),
  newHash: () => createHash('sha256'),
  hmac: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
  hkdf: (key, salt, info) => new Uint8Array(hkdfSync('sha256', key, salt, info, 32)),
  pbkdf2: (password, salt, rounds) => stretch(password, salt, rounds, 32, 'sha256'),

  chunkOpener: (key) => async (nonce, sealed) => {
    const cipher = createDecipheriv('aes-256-gcm', key, nonce);
    cipher.setAuthTag(sealed.subarray(-16));
    const plain = cipher.update(sealed.subarray(0, -16));
    return isFinal(cipher) ? plain : null;
  },

  gcmProof(key, iv) {
    const cipher = createDecipheriv('aes-256-gcm', key, iv);
    return { update: (bytes) => cipher.update(bytes), isRight: (tag) => isFinal(cipher.setAuthTag(tag)) };
  },

  gcmStream(key, iv, tag) {
    const cipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
    return { update: (bytes) => cipher.update(bytes), isRight: () => isFinal(cipher) };
  },

  peekBrotli(head) {
    try {
      return brotliDecompressSync(head, { finishFlush: constants.BROTLI_OPERATION_FLUSH });
    } catch {
      return null;
    }
  },

  async *unpack(compression, pieces) {
    if (compression === 'GZIP') yield* throughZlib(createGunzip({ chunkSize: OUT_SIZE }), pieces);
    else if (compression === 'BROTLI') yield* throughZlib(createBrotliDecompress({ chunkSize: OUT_SIZE }), pieces);
    else yield* throughDecoder(await ZstdDecoder.create(), pieces);
  },
};

function isFinal(cipher) {
  try {
    cipher.final();
    return true;
  } catch {
    return false;
  }
}

async function* throughDecoder(decoder, pieces) {
  for await (const piece of pieces) yield* decoder.push(piece);
  decoder.end();
}

// Node passes over bytes behind the end, so what went in is counted.
async function* throughZlib(engine, pieces) {
  let given = 0, fault = null;
  const counted = Readable.from((async function* () {
    for await (const piece of pieces) {
      given += piece.length;
      yield piece;
    }
  })(), { objectMode: true });
  const feeding = pipeline(counted, engine, { end: true }).catch((cause) => (fault ??= cause));
  try {
    for await (const piece of engine) yield piece;
  } catch (cause) {
    fault ??= cause;
  }
  if (!fault && engine.bytesWritten === given) await feeding;
  if (fault?.code?.startsWith?.('Z_') || fault?.code?.startsWith?.('ERR_') || (!fault && engine.bytesWritten !== given)) throw problems.compressionDamaged();
  if (fault) throw fault;
}

export async function openFile(path, name) {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  const read = async (offset, length) => {
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    for (let count = 1; filled < length && count > 0; filled += count) ({ bytesRead: count } = await file.read(bytes, filled, length - filled, offset + filled));
    return new Uint8Array(bytes.buffer, 0, filled);
  };
  return { name, size, read, close: () => file.close() };
}
