import { existsSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { UsageError } from './arguments.mjs';

/** A file that gets its name only at the end, and of which nothing is left before. */
export class FileOutput {
  static async create(path) {
    if (existsSync(path)) throw new UsageError(`${path} is already there and was left as it is. Name another file with --out.`);
    const output = new FileOutput();
    Object.assign(output, { path, partial: `${path}.${process.pid}.partial` });
    output.file = await open(output.partial, 'wx', 0o600);
    return output;
  }

  async write(bytes) {
    for (let at = 0; at < bytes.length;) at += (await this.file.write(bytes, at)).bytesWritten;
  }

  async commit() {
    await this.file.sync();
    await this.file.close();
    if (existsSync(this.path)) throw new UsageError(`${this.path} appeared meanwhile and was left as it is. Name another file with --out.`);
    await rename(this.partial, this.path);
    this.partial = null;
  }

  /** Also in the middle of a write, when somebody presses Ctrl-C. */
  discard() {
    if (this.partial) rmSync(this.partial, { force: true });
  }
}

export class StandardOutput {
  path = '-';

  write(bytes) {
    return new Promise((resolve, reject) => process.stdout.write(bytes, (cause) => (cause ? reject(cause) : resolve())));
  }

  async commit() {}

  discard() {}
}

/** Looks at everything and keeps nothing. */
export class NoOutput {
  path = null;

  async write() {}

  async commit() {}

  discard() {}
}
