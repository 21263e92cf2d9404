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
    process.stderr.write(`\r${line(this.#done, this.totalBytes, (now - this.#startedAt) / 1000)}\u001b[K`);
  };

  end() {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}

function line(done, total, seconds) {
  const rate = done / Math.max(seconds, 0.001);
  const left = Math.max(0, Math.round((total - done) / rate));
  return `${Math.floor((done / Math.max(total, 1)) * 100)} %  ${size(rate)}/s  ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`;
}

export function size(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let at = 0;
  for (; bytes >= 1000 && at < units.length - 1; at++) bytes /= 1000;
  return `${bytes >= 100 || at === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${units[at]}`;
}
