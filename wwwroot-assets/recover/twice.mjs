// A file that is proved as a whole is read twice, and the second pass releases only the bytes that the first one saw:
// one SHA-256 for each MiB (docs/format.md, section 3).
import { equal } from './bytes.mjs';
import { MIB, ahead } from './pieces.mjs';
import { problems } from './problem.mjs';

export class TwiceRead {
  #digests = [];

  constructor(source, platform) {
    Object.assign(this, { source, platform });
  }

  /** Pass one: `observe` sees every byte. */
  async first(observe) {
    this.#digests = [];
    for await (const [piece, digest] of this.#pieces()) {
      this.#digests.push(digest);
      await observe(piece);
    }
  }

  /** Pass two. */
  async *second() {
    let index = 0;
    for await (const [piece, digest] of this.#pieces()) {
      if (!equal(digest, this.#digests[index++] ?? [])) throw problems.fileChanged();
      yield piece;
    }
  }

  #pieces() {
    const { source, platform } = this;
    return ahead(Math.ceil(source.size / MIB), 3, async (index) => {
      const piece = await source.read(index * MIB, Math.min(MIB, source.size - index * MIB));
      if (piece.length !== Math.min(MIB, source.size - index * MIB)) throw problems.fileChanged();
      return [piece, await platform.digest(piece)];
    });
  }
}
