import { view } from './bytes.mjs';

// WebCrypto opens an AES-GCM message only as a whole, which for many GB no memory holds. So the tag is computed here
// (NIST SP 800-38D, section 6.4): multiplication by H through 16 tables, one for each byte of a block.
export class Ghash {
  #tables;
  #state = new Int32Array(4);
  #length = 0;

  constructor(h) {
    this.#tables = makeTables(h);
  }

  /** Only the last piece may have a length that is no multiple of 16. */
  update(bytes) {
    this.#length += bytes.length;
    const whole = bytes.length & ~15;
    if (whole > 0) multiply(this.#tables, this.#state, words(bytes.subarray(0, whole)));
    if (whole < bytes.length) this.#block(bytes.subarray(whole));
  }

  /** Ends with the lengths: no associated data, and the bits so far. */
  digest() {
    const lengths = new Uint8Array(16);
    view(lengths).setBigUint64(8, BigInt(this.#length) * 8n);
    this.#block(lengths);
    return this.state();
  }

  state() {
    return new Uint8Array(this.#state.buffer.slice(0));
  }

  #block(bytes) {
    const padded = new Uint8Array(16);
    padded.set(bytes);
    multiply(this.#tables, this.#state, words(padded));
  }
}

// Every engine that runs this is little-endian; the tables are written in the same order.
const words = (bytes) => (bytes.byteOffset % 4 === 0 ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) : words(bytes.slice()));

function makeTables(h) {
  const tables = new Int32Array(16 * 256 * 4);
  const out = view(new Uint8Array(tables.buffer)), from = view(h);
  let v = [0, 4, 8, 12].map((at) => from.getUint32(at));
  for (let byte = 0; byte < 16; byte++) {
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      v.forEach((word, at) => out.setUint32((byte * 256 + bit) * 16 + at * 4, word));
      const carry = v[3] & 1;
      v = v.map((word, at) => (word >>> 1) | (at > 0 ? v[at - 1] << 31 : 0));
      if (carry) v[0] ^= 0xe1000000;
    }
    for (let high = 2; high < 256; high <<= 1) {
      for (let low = 1; low < high; low++) {
        for (let at = 0; at < 4; at++) tables[(byte * 256 + high + low) * 4 + at] = tables[(byte * 256 + high) * 4 + at] ^ tables[(byte * 256 + low) * 4 + at];
      }
    }
  }
  return tables;
}

function multiply(T, state, input) {
  let [w, x, y, z] = state;
  for (let i = 0; i < input.length; i += 4) {
    const a = w ^ input[i], b = x ^ input[i + 1], c = y ^ input[i + 2], d = z ^ input[i + 3];
    let p = (a & 255) << 2, q = 1024 + ((a >>> 6) & 1020), r = 2048 + ((a >>> 14) & 1020), s = 3072 + ((a >>> 22) & 1020);
    w = T[p] ^ T[q] ^ T[r] ^ T[s]; x = T[p + 1] ^ T[q + 1] ^ T[r + 1] ^ T[s + 1]; y = T[p + 2] ^ T[q + 2] ^ T[r + 2] ^ T[s + 2]; z = T[p + 3] ^ T[q + 3] ^ T[r + 3] ^ T[s + 3];
    p = 4096 + ((b & 255) << 2); q = 5120 + ((b >>> 6) & 1020); r = 6144 + ((b >>> 14) & 1020); s = 7168 + ((b >>> 22) & 1020);
    w ^= T[p] ^ T[q] ^ T[r] ^ T[s]; x ^= T[p + 1] ^ T[q + 1] ^ T[r + 1] ^ T[s + 1]; y ^= T[p + 2] ^ T[q + 2] ^ T[r + 2] ^ T[s + 2]; z ^= T[p + 3] ^ T[q + 3] ^ T[r + 3] ^ T[s + 3];
    p = 8192 + ((c & 255) << 2); q = 9216 + ((c >>> 6) & 1020); r = 10240 + ((c >>> 14) & 1020); s = 11264 + ((c >>> 22) & 1020);
    w ^= T[p] ^ T[q] ^ T[r] ^ T[s]; x ^= T[p + 1] ^ T[q + 1] ^ T[r + 1] ^ T[s + 1]; y ^= T[p + 2] ^ T[q + 2] ^ T[r + 2] ^ T[s + 2]; z ^= T[p + 3] ^ T[q + 3] ^ T[r + 3] ^ T[s + 3];
    p = 12288 + ((d & 255) << 2); q = 13312 + ((d >>> 6) & 1020); r = 14336 + ((d >>> 14) & 1020); s = 15360 + ((d >>> 22) & 1020);
    w ^= T[p] ^ T[q] ^ T[r] ^ T[s]; x ^= T[p + 1] ^ T[q + 1] ^ T[r + 1] ^ T[s + 1]; y ^= T[p + 2] ^ T[q + 2] ^ T[r + 2] ^ T[s + 2]; z ^= T[p + 3] ^ T[q + 3] ^ T[r + 3] ^ T[s + 3];
  }
  state.set([w, x, y, z]);
}
