import { concat, fromHex, toHex, utf8 } from './bytes.mjs';
import { problems } from './problem.mjs';

/** As people paste it: blanks, dashes and capitals are forgiven. Null when it is no key. */
export function parseKey(text) {
  const bare = text.replace(/[\s:\u00ad\u2010-\u2015-]/g, '');
  return /^[0-9a-fA-F]{64}$/.test(bare) ? fromHex(bare) : null;
}

/** The key in a text or a page of the Recovery Kit: the line that names it, or the only word of 64 hex characters. */
export function keyInFile(text) {
  const named = /Vault master key:\s*(?:<[^>]*>\s*)*([0-9a-fA-F]{64})(?![0-9a-fA-F])/.exec(text);
  if (named) return fromHex(named[1]);
  const words = new Set((text.match(/(?<![0-9a-zA-Z])[0-9a-fA-F]{64}(?![0-9a-zA-Z])/g) ?? []).map((word) => word.toLowerCase()));
  if (words.size === 1) return fromHex([...words][0]);
  const whole = parseKey(text);
  if (whole) return whole;
  throw problems.keyFile(words.size);
}

/** 16 hex characters that name the key and do not reveal it (docs/format.md, section 6). */
export async function fingerprint(key, platform) {
  return toHex(await platform.digest(concat(utf8('vault/fingerprint/v1'), key))).slice(0, 16);
}
