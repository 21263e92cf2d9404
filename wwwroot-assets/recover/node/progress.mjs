import { progressWords } from '../words.mjs';

const REDRAW_MS = 200;

/** One line on a terminal that says how far it is; nothing where nobody looks. */
export class Progress {
  #done = 0;
  #drawnAt = 0;
  #startedAt = Date.now();

  constructor(totalBytes) {
    this.totalBytes = totalBytes;
  }

  add = (bytes) => {
    this.#done += bytes;
    const now = Date.now();
    if (!process.stderr.isTTY || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    process.stderr.write(`\r${progressWords(this.#done, this.totalBytes, (now - this.#startedAt) / 1000)}\u001b[K`);
  };

  end() {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}
