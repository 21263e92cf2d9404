import { readFile } from 'node:fs/promises';
import { keyInFile, parseKey } from '../keys.mjs';
import { Problem, problems } from '../problem.mjs';

/** The key or the password that the backup wants: from the environment, a file, or a prompt that shows nothing. */
export async function findSecret(wants, keyFile) {
  if (wants === 'password') return { password: process.env.VAULT_PASSWORD || await ask('Password: ') };
  if (keyFile !== undefined) return { key: keyInFile(await readFile(keyFile, 'utf8')) };
  const typed = process.env.VAULT_KEY || await ask('Master key (64 characters): ');
  const key = parseKey(typed);
  if (!key) throw problems.keyMalformed();
  return { key };
}

async function ask(question) {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw new Problem('no-key', 'There is no key, and nobody to ask for it.', 'Set VAULT_KEY or VAULT_PASSWORD, or name a file with --key-file.');
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    return await typedLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

const typedLine = (stdin) => new Promise((resolve) => {
  let line = '';
  const hear = (text) => {
    for (const letter of text) {
      if (letter === '\u0003') process.kill(process.pid, 'SIGINT');
      else if (letter === '\r' || letter === '\n' || letter === '\u0004') return resolve((stdin.off('data', hear), line));
      else if (letter === '\u007f' || letter === '\b') line = line.slice(0, -1);
      else if (letter >= ' ') line += letter;
    }
  };
  stdin.on('data', hear);
});
