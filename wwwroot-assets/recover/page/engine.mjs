import workerText from 'worker-text';
import { Problem } from '../problem.mjs';

/** The worker as the page sees it. `end()` stops it at once, whatever it does. */
export class Engine {
  #calls = new Map();
  #nextId = 1;

  constructor() {
    const url = URL.createObjectURL(new Blob([workerText], { type: 'text/javascript' }));
    this.worker = new Worker(url);
    this.worker.onmessage = ({ data }) => this.#hear(data);
    this.worker.onerror = () => this.#failAll(new Problem('browser-too-old', 'This browser cannot run the recovery page.', 'Use a current Firefox, Chrome, Edge or Safari, or recover.mjs with Node.'));
    this.onProgress = () => {};
    this.onPiece = async () => {};
  }

  ask(task, details = {}) {
    const id = this.#nextId++;
    this.worker.postMessage({ id, task, ...details });
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  end() {
    this.worker.terminate();
    this.#failAll(new Problem('stopped', 'You stopped it. Nothing was kept.', 'Start again whenever you like.'));
  }

  async #hear(data) {
    if (data.progress !== undefined) return this.onProgress(data.progress);
    if (data.piece) return this.#take(data.piece);
    const call = this.#calls.get(data.id);
    this.#calls.delete(data.id);
    if (data.problem) return call.reject(new Problem(data.problem.code, data.problem.message, data.problem.next));
    await this.lastWrite;
    return call.resolve(data.value);
  }

  // One behind the other, as they came; a failed write ends everything.
  #take(piece) {
    this.lastWrite = (this.lastWrite ?? Promise.resolve()).then(() => this.onPiece(piece)).then(() => this.worker.postMessage({ taken: true }), (cause) => {
      this.worker.terminate();
      this.#failAll(cause);
    });
  }

  #failAll(cause) {
    for (const { reject } of this.#calls.values()) reject(cause);
    this.#calls.clear();
  }
}
