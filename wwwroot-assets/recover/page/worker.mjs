// The work, beside the page, so that the page stays alive. It gets files and a secret, and gives progress and pieces of the dump.
import { openBackup } from '../backup.mjs';
import { dumpFormat } from '../dump.mjs';
import { fingerprint } from '../keys.mjs';
import { Problem } from '../problem.mjs';
import { platform } from './platform.mjs';

const MAX_UNDER_WAY = 8;
const PROGRESS_MS = 150;
let backup = null;
let underWay = 0;
let wake = () => {};

const sourceOf = (file) => ({
  name: file.name,
  size: file.size,
  async read(at, length) {
    try {
      return new Uint8Array(await file.slice(at, at + length).arrayBuffer());
    } catch {
      throw new Problem('file-unreadable', 'The browser cannot read the file any more: it was changed, moved or deleted, or its disk was taken away.', 'Make sure that the file is there, then choose it again.');
    }
  },
});

const tasks = {
  async open({ file, metadata }) {
    backup = await openBackup(sourceOf(file), metadata ? new Uint8Array(await metadata.arrayBuffer()) : null, platform);
    const { format, wants, compression, notes, passes } = backup;
    return { format, wants, compression, notes, passes, fingerprint: backup.fingerprint ?? null, metadata: backup.metadata };
  },

  async unlock({ secret }) {
    await backup.unlock(secret);
    return { compression: backup.compression, isLikely: backup.isLikely ?? true };
  },

  async fingerprint({ key }) {
    return fingerprint(key, platform);
  },

  /** Pass one proves the file where its format needs that; then the dump goes out, or, when nothing is kept, is only looked at. */
  async recover({ keep }) {
    const onRead = meter();
    await backup.prove(onRead);
    let size = 0, head = null;
    for await (const piece of backup.dump(onRead)) {
      head ??= piece.slice(0, 1024);
      size += piece.length;
      if (keep) await send(piece);
    }
    return { size, dumpFormat: dumpFormat(head ?? new Uint8Array()), notes: backup.notes };
  },
};

function meter() {
  let done = 0, saidAt = 0;
  return (bytes) => {
    done += bytes;
    if (performance.now() - saidAt < PROGRESS_MS) return;
    saidAt = performance.now();
    postMessage({ progress: done });
  };
}

// The disk may be slower than the decoder: no more than a few pieces wait between them.
async function send(piece) {
  while (underWay >= MAX_UNDER_WAY) await new Promise((resolve) => { wake = resolve; });
  underWay++;
  const whole = piece.byteLength === piece.buffer.byteLength ? piece : piece.slice();
  postMessage({ piece: whole }, [whole.buffer]);
}

onmessage = async ({ data }) => {
  if (data.taken) {
    underWay--;
    wake();
    return;
  }
  try {
    postMessage({ id: data.id, value: await tasks[data.task](data) });
  } catch (cause) {
    postMessage({ id: data.id, problem: { code: cause.code ?? 'unexpected', message: cause.message, next: cause.next ?? 'Try again in another browser, or use recover.mjs with Node.' } });
  }
};
