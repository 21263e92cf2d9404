// libzstd, compiled to WebAssembly by the package zstddec; the package's own wrapper passes over what a reader must refuse.
import wasm from 'zstd-wasm';
import { problems } from './problem.mjs';

const OUT_SIZE = 1 << 20;
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/** One or more zstd frames, one behind the other; skippable frames and dictionaries are refused, checksums are checked. */
export class ZstdDecoder {
  #magicSeen = 0;
  #isFrameOver = false;

  static async create() {
    const decoder = new ZstdDecoder();
    const { instance } = await WebAssembly.instantiate(wasm, { env: { emscripten_notify_memory_growth() {} } });
    decoder.zstd = instance.exports;
    decoder.context = decoder.zstd.ZSTD_createDCtx();
    decoder.out = decoder.zstd.malloc(OUT_SIZE);
    decoder.buffers = decoder.zstd.malloc(24);
    return decoder;
  }

  *push(piece) {
    const { zstd } = this;
    const input = zstd.malloc(piece.length);
    new Uint8Array(zstd.memory.buffer).set(piece, input);
    for (let at = 0, isFull = false; at < piece.length || isFull;) {
      this.#refuseForeignFrame(piece, at);
      const [used, written, left] = this.#step(input, piece.length, at);
      if (left < 0) throw problems.compressionDamaged();
      if (written > 0) yield new Uint8Array(zstd.memory.buffer).slice(this.out, this.out + written);
      this.#isFrameOver = left === 0;
      if (this.#isFrameOver) this.#magicSeen = 0;
      isFull = written === OUT_SIZE && !this.#isFrameOver;
      at = used;
    }
    zstd.free(input);
  }

  end() {
    if (!this.#isFrameOver) throw problems.compressionDamaged();
  }

  // A frame begins with its magic number, which a piece may cut.
  #refuseForeignFrame(piece, at) {
    for (; this.#magicSeen < 4 && at < piece.length; at++) {
      if (piece[at] !== MAGIC[this.#magicSeen++]) throw problems.compressionDamaged();
    }
  }

  // ZSTD_inBuffer and ZSTD_outBuffer are { pointer, size, position }, 4 bytes each.
  #step(input, length, at) {
    const { zstd, buffers } = this;
    const write = (values) => new Uint32Array(zstd.memory.buffer, buffers, 6).set(values);
    write([input, length, at, this.out, OUT_SIZE, 0]);
    const left = zstd.ZSTD_decompressStream(this.context, buffers + 12, buffers);
    const [, , used, , , written] = new Uint32Array(zstd.memory.buffer, buffers, 6);
    return [used, written, isError(left) ? -1 : left];
  }
}

// An error is a size_t just below zero.
const isError = (code) => code < 0 && code > -200;
