// An expected fault: one sentence what is wrong and its effect, one what to do next.
export class Problem extends Error {
  constructor(code, message, next) {
    super(message);
    this.code = code;
    this.next = next;
  }
}

const COPY_AGAIN = 'Copy the file again from where it was stored, or take another copy or another backup.';
const COPY_BOTH = 'Copy the file and its .meta.json again from where they were stored, or take another backup.';
const OWN_METADATA = "Use the backup's own .meta.json, from another copy of the backup.";

const number = (bytes) => bytes.toLocaleString('en');

export const problems = {
  metadataMissing: (name) => new Problem('metadata-missing',
    `The file ${name}.meta.json is missing. The IV and the authentication tag stand only there, so the backup cannot be opened.`,
    'Look for it beside the backup, on another copy, or where the backup came from. It is small. Add it together with the backup.'),
  metadataGarbage: (why) => new Problem('metadata-garbage', `The metadata of this backup cannot be read (${why}), so the backup cannot be opened.`, OWN_METADATA),
  metadataVersion: () => new Problem('metadata-version', 'The metadata has a version that this program does not know, so the backup cannot be opened.',
    'Use the recovery program of the Vault that made the backup, or a newer one.'),
  formatUnknown: () => new Problem('format-unknown', 'The metadata names an encryption format that this program does not know, so the backup cannot be opened.',
    'Use the recovery program of the Vault that made the backup, or a newer one.'),
  algorithmUnknown: () => new Problem('algorithm-unknown', 'The metadata names an encryption algorithm other than aes-256-gcm, so the backup cannot be opened.',
    'Open it with the program that made it.'),
  ivMalformed: () => new Problem('metadata-iv-malformed', 'The metadata has no readable IV (hex), and without it the backup cannot be opened.', OWN_METADATA),
  ivLength: (bytes) => new Problem('metadata-iv-length', `The IV in the metadata has ${bytes} bytes; it must have 16 (or 12), so the backup was not opened.`, OWN_METADATA),
  tagMalformed: () => new Problem('metadata-tag-malformed', 'The metadata has no readable authentication tag (hex), and without it the backup cannot be proved authentic, so it was not opened.', OWN_METADATA),
  tagLength: (bytes) => new Problem('metadata-tag-length', `The authentication tag in the metadata has ${bytes} bytes; it must have exactly 16. A shorter tag is easy to forge, so the backup was not opened.`, OWN_METADATA),
  compressionUnknown: () => new Problem('compression-unknown', 'The backup names a compression that this program does not know, so it cannot be opened.',
    'Use the recovery program of the Vault that made the backup, or a newer one.'),
  truncated: (found, expected) => new Problem('file-truncated', `The backup file was cut: it has ${number(found)} bytes, its metadata says ${number(expected)}. Nothing of it was released.`, COPY_AGAIN),
  tooLong: (found, expected) => new Problem('file-too-long', `The backup file has ${number(found)} bytes, its metadata says ${number(expected)}: something was added, or the metadata belongs to another file. Nothing of it was released.`, COPY_BOTH),
  hashMismatch: () => new Problem('hash-mismatch', 'The SHA-256 of the backup file is not the one in its metadata: the file was damaged or changed, or the metadata belongs to another file.', COPY_BOTH),
  dumpMismatch: () => new Problem('dump-mismatch', 'The dump inside the backup is not the one that its metadata describes (size or SHA-256), so it must not be kept.', OWN_METADATA),
  fileChanged: () => new Problem('file-changed', 'The backup file changed while it was being read. What was read must not be kept.', 'Make sure that nothing writes to the file, then start again.'),
  tagMismatch: () => new Problem('tag-mismatch', 'The key fits, but the authentication tag does not: the file or its metadata was damaged or changed, or the metadata belongs to another file.', COPY_BOTH),
  wrongKey: (wanted) => new Problem('wrong-key', `This key does not open this backup${wanted ? `; it was made with ${wanted}` : ''}.`,
    'Look for the other key: the Recovery Kit, the password manager, or the paper where it was kept. The fingerprint tells one key from another.'),
  wrongPassword: () => new Problem('wrong-password', 'This password does not open this backup.', 'Type it again with care: capitals, blanks and the keyboard layout count. Or try another password.'),
  passwordWanted: () => new Problem('password-needed', 'This backup was made with a password, not with a master key.', 'Give the password.'),
  keyWanted: () => new Problem('key-needed', 'This backup was made with a master key, not with a password.', 'Give the master key: 64 characters, 0-9 and a-f.'),
  keyMalformed: () => new Problem('master-key-malformed', 'This is no master key: a master key is 64 characters, each of them 0-9 or a-f.', 'Copy the key again from where it was saved, whole and without other text.'),
  keyFile: (count) => new Problem('key-file', count === 0 ? 'There is no key in this file: a master key is 64 characters, each of them 0-9 or a-f.' : 'There are several keys in this file, and it does not say which one to use.',
    'Choose the key file of the Recovery Kit, or copy the 64 characters by hand.'),
  sealHeader: (why) => new Problem('seal-header', `The beginning of this sealed backup is not as it should be (${why}), so it cannot be opened.`, COPY_AGAIN),
  sealHeaderChanged: () => new Problem('tag-mismatch', 'The key fits, but the beginning of the file (byte 0 to 95) was damaged or changed.', COPY_AGAIN),
  sealCut: (size) => new Problem('file-truncated', `The backup file was cut: it ends at byte ${number(size)}, before its last part.`, COPY_AGAIN),
  sealLonger: (at) => new Problem('file-too-long', `Something was added behind the end of the backup, at byte ${number(at)}.`, COPY_AGAIN),
  sealDamaged: (from, to, isLast) => new Problem('tag-mismatch', `The key fits, but the file is damaged between byte ${number(from)} and byte ${number(to)}${isLast ? ', in its last part, or it was cut there' : ''}.`, COPY_AGAIN),
  compressionDamaged: () => new Problem('compression-damaged', 'The compressed data in this backup is damaged or cut, so the dump cannot be read to its end.',
    'Take another backup. This file is not what Vault wrote, or it was damaged before it was stored.'),
};
