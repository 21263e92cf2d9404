// The browser's own DecompressionStream refuses a second gzip member, and Vault writes one for each 2 MiB.
import inflate from 'pako/lib/zlib/inflate.js';
import ZStream from 'pako/lib/zlib/zstream.js';
import { problems } from './problem.mjs';

const OUT_SIZE = 1 << 18;
const [OK, STREAM_END, BUFFER_ERROR] = [0, 1, -5];
const GZIP_ONLY = 31;

/** Any number of gzip members, one behind the other, each with its checksum and length. */
export class GzipDecoder {
  #stream = new ZStream();
  #isMemberOver = false;

  constructor() {
    inflate.inflateInit2(this.#stream, GZIP_ONLY);
  }

  *push(piece) {
    const stream = this.#stream;
    Object.assign(stream, { input: piece, next_in: 0, avail_in: piece.length });
    for (let isFull = false; stream.avail_in > 0 || isFull;) {
      if (this.#isMemberOver) inflate.inflateReset(stream);
      Object.assign(stream, { output: new Uint8Array(OUT_SIZE), next_out: 0, avail_out: OUT_SIZE });
      const status = inflate.inflate(stream, 0);
      if (![OK, STREAM_END, BUFFER_ERROR].includes(status)) throw problems.compressionDamaged();
      if (stream.next_out > 0) yield stream.next_out === OUT_SIZE ? stream.output : stream.output.slice(0, stream.next_out);
      this.#isMemberOver = status === STREAM_END;
      isFull = stream.avail_out === 0 && !this.#isMemberOver;
    }
  }

  end() {
    if (!this.#isMemberOver) throw problems.compressionDamaged();
  }
}
