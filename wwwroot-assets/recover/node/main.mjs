import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBackup } from '../backup.mjs';
import { FORMAT_NAMES, dumpFormat, dumpName, nextCommand } from '../dump.mjs';
import { fingerprint } from '../keys.mjs';
import { Problem } from '../problem.mjs';
import { HELP, UsageError, readArguments } from './arguments.mjs';
import { list } from './list.mjs';
import { FileOutput, NoOutput, StandardOutput } from './output.mjs';
import { openFile, platform } from './platform.mjs';
import { size } from '../words.mjs';
import { Progress } from './progress.mjs';
import { findSecret } from './secret.mjs';

const KEY_PROBLEMS = ['wrong-key', 'wrong-password', 'master-key-malformed', 'key-file', 'no-key', 'password-needed', 'key-needed'];
const say = (text) => process.stderr.write(`${text}\n`);

async function run(argv) {
  const given = readArguments(argv);
  if (given.help) process.stdout.write(HELP);
  else if (given.list !== undefined) await list(given.list);
  else await recover(given);
}

async function recover(given) {
  const source = await openFile(given.file, basename(given.file));
  const backup = await openBackup(source, await metadataOf(given), platform);
  tellFacts(backup);
  if (backup.wants) await backup.unlock(await announced(await findSecret(backup.wants, given.keyFile)));
  const output = await outputFor(given);
  process.once('SIGINT', () => stop(output, 130)).once('SIGTERM', () => stop(output, 143));
  try {
    const head = await write(backup, output);
    backup.notes.forEach((note) => say(`note: ${note}`));
    tellEnd(backup, output.path, head);
  } finally {
    output.discard();
    await source.close();
  }
}

async function write(backup, output) {
  const progress = new Progress(backup.source.size * backup.passes);
  let head = new Uint8Array();
  try {
    await backup.prove(progress.add);
    for await (const piece of backup.dump(progress.add)) {
      if (head.length === 0) head = piece.slice(0, 1024);
      await output.write(piece);
    }
    await output.commit();
  } finally {
    progress.end();
  }
  return head;
}

async function metadataOf({ file, meta }) {
  if (meta !== undefined) return readFile(meta);
  return readFile(`${file}.meta.json`).catch((cause) => {
    if (cause.code === 'ENOENT') return null;
    throw cause;
  });
}

async function outputFor({ file, out, verify }) {
  if (verify) return new NoOutput();
  if (out !== '-') return FileOutput.create(out ?? dumpName(basename(file)));
  say('warning: bytes go out as they are opened. Use what you received only when this ends with exit code 0.');
  return new StandardOutput();
}

async function announced(secret) {
  if (secret.key) say(`key given:   ${await fingerprint(secret.key, platform)}`);
  return secret;
}

function tellFacts({ source, format, metadata, fingerprint: wanted }) {
  say(`backup:      ${source.name} (${size(source.size)}, ${format === 'none' ? 'not encrypted' : format})`);
  if (metadata?.job) say(`job:         ${metadata.job}${metadata.startedAt ? `, ${metadata.startedAt}` : ''}`);
  if (wanted) say(`key wanted:  ${wanted}`);
}

function tellEnd(backup, path, head) {
  const proved = backup.format === 'none' ? 'Read to its end' : 'Every byte is authentic';
  const format = dumpFormat(head);
  const what = FORMAT_NAMES[format] ?? 'a dump of unknown kind';
  if (path === null) return say(`Verified. ${proved}, and it unpacks to ${what}.`);
  say(`Recovered. ${proved}. ${path === '-' ? `It is ${what}.` : `${path} is ${what}.`}`);
  const next = path === '-' ? null : nextCommand(format, path, backup.metadata?.engine);
  if (next) say(`Next: ${next}`);
}

function stop(output, code) {
  output.discard();
  say('\nStopped. Nothing was kept.');
  process.exit(code);
}

function exitCode(cause) {
  if (cause instanceof Problem) return KEY_PROBLEMS.includes(cause.code) ? 3 : 1;
  if (cause instanceof UsageError || cause.code === 'ENOENT') return 2;
  return 4;
}

async function main() {
  // Whoever reads the output went away.
  process.stdout.on('error', () => process.exit(4));
  try {
    await run(process.argv.slice(2));
  } catch (cause) {
    say(`error: ${cause.message}${cause instanceof Problem ? ` [${cause.code}]\nnext:  ${cause.next}` : ''}`);
    process.exitCode = exitCode(cause);
  }
}

// Another script may import this file and use the parts.
export { Problem, openBackup, openFile, platform };
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
