import { parseArgs } from 'node:util';

export const HELP = `Opens a backup of Vault (or of DBackup up to 3.3) without Vault. Needs Node 18 or newer and nothing else.

usage: node recover.mjs FILE [--meta FILE] [--key-file FILE] [--out FILE] [--verify]
       node recover.mjs --list DIR

  FILE             the backup: something.enc. Its something.enc.meta.json is taken from beside it.
  --meta FILE      the metadata, when it stands elsewhere. A sealed backup does not need any.
  --out FILE       where the dump goes; without it into this folder, under the backup's name. A file that is
                   there is never overwritten. "-" is standard output: see below.
  --verify         check everything and write nothing
  --list DIR       say what the backups in a folder and its subfolders are; needs no key
  --key-file FILE  the key: the key.txt or key.html of a Recovery Kit, or any file that holds the 64 characters
  --help           this text

The key: the environment variable VAULT_KEY (64 characters, 0-9 and a-f), or VAULT_PASSWORD for a backup that was
made with a password, or --key-file; else you are asked for it. It is never an argument: every user of a machine
can see the arguments of all programs.

The dump is written as FILE.partial and gets its name only when everything was right; until then, and when anything
is wrong, there is nothing. With --out - the whole backup is proved first where its format needs that; but bytes go
out as they are opened, so use what you received only when the exit code is 0.

exit codes: 0 recovered (or verified)
            1 the backup does not open: damaged, cut, metadata missing or wrong
            2 the command is wrong, a file is missing, or the output is already there
            3 wrong key, wrong password, or none
            4 reading or writing failed: disk full, no permission
          130 you stopped it
`;

const OPTIONS = {
  meta: { type: 'string' }, out: { type: 'string' }, 'key-file': { type: 'string' }, list: { type: 'string' },
  verify: { type: 'boolean' }, help: { type: 'boolean', short: 'h' },
};

/** A wrong command: exit code 2. */
export class UsageError extends Error {}

export function readArguments(argv) {
  let read;
  try {
    read = parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    // A key that was given as an argument must not be repeated in a log.
    throw new UsageError(/unknown option/i.test(cause.message) ? 'There is no such option. See --help.' : 'The options are not as they should be. See --help.');
  }
  const { values, positionals } = read;
  if (values.help) return { help: true };
  if (values.list !== undefined ? positionals.length > 0 : positionals.length !== 1) throw new UsageError('Name one backup file, or a folder with --list. See --help.');
  if (values.verify && values.out !== undefined) throw new UsageError('--verify writes nothing, so it goes without --out.');
  return { file: positionals[0], meta: values.meta, out: values.out, keyFile: values['key-file'], list: values.list, verify: values.verify === true };
}
