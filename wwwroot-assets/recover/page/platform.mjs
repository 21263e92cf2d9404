// What a browser brings: WebCrypto. It opens a GCM message only as a whole, so for `standard` the tag is computed here.
import { createSHA256 } from 'hash-wasm';
import { BrotliDecoder } from '../brotli.mjs';
import { equal, view } from '../bytes.mjs';
import { Ghash } from '../ghash.mjs';
import { GzipDecoder } from '../gzip.mjs';
import { Problem } from '../problem.mjs';
import { ZstdDecoder } from '../zstd.mjs';

const { subtle } = globalThis.crypto;
const bytes = async (buffer) => new Uint8Array(await buffer);
const PEEK_SIZE = 1024;

export const platform = {
  digest: (piece) => bytes(subtle.digest('SHA-256', piece)),

  async newHash() {
    const hash = (await createSHA256()).init();
    return { update: (piece) => hash.update(piece), digest: () => hash.digest('binary') };
  },

  async hmac(key, piece) {
    return bytes(subtle.sign('HMAC', await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), piece));
  },

  async hkdf(key, salt, info) {
    return bytes(subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, await subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']), 256));
  },

  async pbkdf2(password, salt, iterations) {
    return bytes(subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']), 256));
  },

  async chunkOpener(raw) {
    const key = await subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
    return async (iv, sealed) => {
      try {
        return await bytes(subtle.decrypt({ name: 'AES-GCM', iv, tagLength: 128 }, key, sealed));
      } catch (cause) {
        if (cause.name === 'OperationError') return null;
        throw cause;
      }
    };
  },

  async gcmProof(raw, iv) {
    const { encryptBlock, ghash, j0 } = await startGcm(raw, iv);
    return {
      update: (piece) => ghash.update(piece),
      isRight: async (tag) => {
        const mask = await encryptBlock(j0);
        return equal(ghash.digest().map((byte, at) => byte ^ mask[at]), tag);
      },
    };
  },

  // What it gives is as right as its input: TwiceRead has compared that with what gcmProof saw.
  async gcmStream(raw, iv) {
    const { key, j0 } = await startGcm(raw, iv);
    let block = 1;
    return {
      async update(piece) {
        const at = block;
        block += Math.ceil(piece.length / 16);
        return decryptCtr(key, j0, at, piece);
      },
      isRight: () => true,
    };
  },

  peekBrotli(head) {
    const out = [];
    try {
      for (const piece of new BrotliDecoder().push(head)) {
        out.push(...piece.subarray(0, PEEK_SIZE));
        if (out.length >= PEEK_SIZE) break;
      }
    } catch (cause) {
      if (cause instanceof Problem) return null;
      throw cause;
    }
    return Uint8Array.from(out);
  },

  async *unpack(compression, pieces) {
    const decoder = compression === 'GZIP' ? new GzipDecoder() : compression === 'BROTLI' ? new BrotliDecoder() : await ZstdDecoder.create();
    for await (const piece of pieces) yield* decoder.push(piece);
    decoder.end();
  },
};

// SP 800-38D, section 7.1, step 2: the first counter block.
async function startGcm(raw, iv) {
  const key = await subtle.importKey('raw', raw, 'AES-CTR', false, ['encrypt', 'decrypt']);
  const encryptBlock = (counter) => bytes(subtle.encrypt({ name: 'AES-CTR', counter, length: 32 }, key, new Uint8Array(16)));
  const h = await encryptBlock(new Uint8Array(16));
  return { key, encryptBlock, ghash: new Ghash(h), j0: iv.length === 12 ? Uint8Array.from([...iv, 0, 0, 0, 1]) : hashIv(h, iv) };
}

function hashIv(h, iv) {
  const ghash = new Ghash(h);
  const lengths = new Uint8Array(16);
  view(lengths).setBigUint64(8, BigInt(iv.length) * 8n);
  ghash.update(iv);
  ghash.update(lengths);
  return ghash.state();
}

// Only the last 32 bits count, and they go round: a piece that crosses zero is opened in two.
async function decryptCtr(key, j0, block, piece) {
  const low = (view(j0).getUint32(12) + block) % 2 ** 32;
  const until = Math.min(piece.length, (2 ** 32 - low) * 16);
  const counter = j0.slice();
  view(counter).setUint32(12, low);
  const first = await bytes(subtle.decrypt({ name: 'AES-CTR', counter, length: 32 }, key, piece.subarray(0, until)));
  if (until === piece.length) return first;
  const whole = new Uint8Array(piece.length);
  whole.set(first);
  whole.set(await decryptCtr(key, j0, block + until / 16, piece.subarray(until)), until);
  return whole;
}
