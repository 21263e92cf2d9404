// Where the dump goes. Nothing is offered before everything was right:
// - Chrome and Edge write to disk: into a file beside the chosen one, which takes its place only at close(). Any size.
// - Other browsers have no such thing. The dump is gathered in the browser and saved as a download at the end, so its
//   size is limited. (The private file system of the origin would hold more, but no browser gives it to a page from disk.)
import { Problem } from '../problem.mjs';
import { size } from '../words.mjs';

export const BLOB_LIMIT = 2 * 1024 ** 3;
const GATHERED = 32 << 20;

export const canWriteToDisk = () => typeof globalThis.showSaveFilePicker === 'function';

export const tooLarge = () => new Problem('too-large-for-browser', `This browser can keep at most ${size(BLOB_LIMIT)}, and the dump is larger.`,
  'Open this page in Chrome or Edge, which write straight to the disk, or use recover.mjs with Node.');

export class DiskSink {
  /** Asks where to; null when the person closes the dialog. */
  static async choose(suggestedName) {
    try {
      const sink = new DiskSink();
      sink.handle = await showSaveFilePicker({ suggestedName });
      sink.name = sink.handle.name;
      sink.wasEmpty = (await sink.handle.getFile()).size === 0;
      sink.writable = await sink.handle.createWritable();
      return sink;
    } catch (cause) {
      if (cause.name === 'AbortError') return null;
      throw new Problem('cannot-write', `The browser cannot write there (${cause.message}).`, 'Choose another folder, then start again.');
    }
  }

  async write(piece) {
    try {
      await this.writable.write(piece);
    } catch (cause) {
      throw new Problem('cannot-write', `The dump could not be written to the disk (${cause.message}). Nothing was kept.`, 'Make room on the disk or choose another one, then start again.');
    }
  }

  async commit() {
    await this.writable.close();
  }

  // The dialog has made an empty file; what was in a chosen file before stays.
  async discard() {
    await this.writable.abort().catch(() => {});
    if (this.wasEmpty) await this.handle.remove?.().catch(() => {});
  }
}

export class DownloadSink {
  #blobs = [];
  #pieces = [];
  #gathered = 0;
  #size = 0;

  constructor(name) {
    this.name = name;
  }

  async write(piece) {
    this.#size += piece.length;
    if (this.#size > BLOB_LIMIT) throw tooLarge();
    this.#pieces.push(piece);
    this.#gathered += piece.length;
    if (this.#gathered >= GATHERED) this.#pack();
  }

  // A browser may move a Blob from memory to disk.
  #pack() {
    this.#blobs.push(new Blob(this.#pieces));
    this.#pieces = [];
    this.#gathered = 0;
  }

  async commit() {
    this.#pack();
    this.url = URL.createObjectURL(new Blob(this.#blobs, { type: 'application/octet-stream' }));
    this.save();
  }

  save() {
    const link = document.createElement('a');
    link.href = this.url;
    link.download = this.name;
    link.click();
  }

  async discard() {
    this.#blobs = this.#pieces = [];
  }
}
