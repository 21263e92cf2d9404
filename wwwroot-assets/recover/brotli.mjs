import { DecompressStream, initSync } from 'brotli-dec-wasm/web';
import wasm from 'brotli-wasm';
import { problems } from './problem.mjs';

const OUT_SIZE = 1 << 20;
const [SUCCESS, , MORE_OUTPUT] = [1, 2, 3];

/** Exactly one brotli stream; nothing may follow it. */
export class BrotliDecoder {
  #isOver = false;

  constructor() {
    initSync({ module: wasm });
    this.stream = new DecompressStream();
  }

  *push(piece) {
    for (let rest = piece, isFull = false; rest.length > 0 || isFull;) {
      if (this.#isOver) throw problems.compressionDamaged();
      const { code, used, out } = this.#step(rest);
      if (out.length > 0) yield out;
      this.#isOver = code === SUCCESS;
      isFull = code === MORE_OUTPUT;
      rest = rest.subarray(used);
    }
  }

  end() {
    if (!this.#isOver) throw problems.compressionDamaged();
  }

  #step(input) {
    try {
      const result = this.stream.decompress(input, OUT_SIZE);
      const step = { code: result.code, used: result.input_offset, out: result.buf };
      result.free();
      return step;
    } catch {
      throw problems.compressionDamaged();
    }
  }
}
