import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBackup } from '../backup.mjs';
import { Problem } from '../problem.mjs';
import { size } from '../words.mjs';
import { openFile, platform } from './platform.mjs';

/** What the backups in a folder are; needs no key. */
export async function list(folder) {
  const names = await filesIn(folder);
  const backups = names.filter((name) => isBackup(name, names)).sort();
  for (const name of backups) console.log(await describe(folder, name));
  console.error(`${backups.length} ${backups.length === 1 ? 'backup' : 'backups'}`);
}

// By hand: the first releases of Node 18 do not know the option "recursive".
async function filesIn(folder, inside = '') {
  const found = [];
  for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
    const name = join(inside, entry.name);
    if (entry.isDirectory()) found.push(...await filesIn(folder, name));
    else if (entry.isFile()) found.push(name);
  }
  return found;
}

const isBackup = (name, names) => !name.endsWith('.meta.json') && !name.endsWith('.partial') && (name.endsWith('.enc') || names.includes(`${name}.meta.json`));

async function describe(folder, name) {
  const source = await openFile(join(folder, name), name);
  try {
    const metadata = await readFile(join(folder, `${name}.meta.json`)).catch(() => null);
    const backup = await openBackup(source, metadata, platform);
    const key = backup.wants === 'password' ? 'password' : backup.fingerprint ? `key ${backup.fingerprint}` : backup.wants ? 'key unknown' : 'not encrypted';
    const facts = [backup.metadata?.compression, size(source.size), key, backup.metadata?.job && `job '${backup.metadata.job}'`, backup.metadata?.startedAt];
    return [name, backup.format, ...facts.filter(Boolean), ...backup.notes].join('  ');
  } catch (cause) {
    if (cause instanceof Problem) return `${name}  ${cause.message}`;
    throw cause;
  } finally {
    await source.close();
  }
}
