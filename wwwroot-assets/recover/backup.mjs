// One backup: what it is, whether the key fits, and its dump. The same for the page and for Node; what differs is `platform`.
import { concat, equal, fromHex, toHex } from './bytes.mjs';
import { COMPRESSIONS, compressionOf, compressionOfName, looksRight } from './compression.mjs';
import { fingerprint } from './keys.mjs';
import { parseMetadata, requireStandard } from './metadata.mjs';
import { Problem, problems } from './problem.mjs';
import { HEADER_SIZE, SealedBody, looksSealed, parseHeader, payloadKey } from './sealed.mjs';
import { TwiceRead } from './twice.mjs';

const HEAD_SIZE = 64 << 10;

/** Says what the file is; `metadataBytes` is null when there is none. A sealed file does not need it, so wrong metadata costs it nothing. */
export async function openBackup(source, metadataBytes, platform) {
  const head = await source.read(0, Math.min(HEAD_SIZE, source.size));
  if (looksSealed(head) && !isStandardFor(head, metadataBytes)) return new SealedBackup(source, head, metadataBytes, platform);
  if (!metadataBytes) return withoutMetadata(source, head, platform);
  const metadata = parseMetadata(metadataBytes);
  if (!COMPRESSIONS.includes(metadata.compression)) throw problems.compressionUnknown();
  if (metadata.encryption) requireStandard(metadata.encryption);
  const expected = metadata.storedSize ?? source.size;
  if (source.size < expected) throw problems.truncated(source.size, expected);
  if (source.size > expected) throw problems.tooLong(source.size, expected);
  return metadata.encryption ? new StandardBackup(source, head, metadata, platform) : new OpenBackup(source, metadata, platform);
}

// A damaged magic number is only guessed to be one; readable metadata of the standard format knows better.
function isStandardFor(head, metadataBytes) {
  if (!metadataBytes || String.fromCharCode(...head.subarray(0, 8)) === 'VLTSEAL1') return false;
  try {
    return parseMetadata(metadataBytes).encryption?.format !== 'sealed';
  } catch {
    return false;
  }
}

function withoutMetadata(source, head, platform) {
  const compression = compressionOf(head, compressionOfName(source.name), platform);
  const isPlain = !/\.enc$/i.test(source.name) && looksRight(head, compression, platform);
  if (!isPlain) throw problems.metadataMissing(source.name);
  return new OpenBackup(source, { compression, encryption: null, databases: [] }, platform);
}

class Backup {
  notes = [];
  wants = null;

  /** The dump, checked against what the metadata knows of it when its end is reached. `onRead` is called with bytes of the file. */
  async *dump(onRead) {
    const { metadata, platform } = this;
    const hash = metadata?.dumpSha256 ? await platform.newHash() : null;
    let size = 0;
    for await (const piece of this.#unpacked(onRead)) {
      hash?.update(piece);
      size += piece.length;
      yield piece;
    }
    const isRight = size === (metadata?.dumpSize ?? size) && (!hash || toHex(hash.digest()) === metadata.dumpSha256);
    if (!isRight) this.dumpDiffers();
  }

  async *#unpacked(onRead) {
    const [head, pieces] = await peek(this.packed(onRead));
    const compression = this.decideCompression(head);
    if (compression === 'NONE') yield* pieces;
    else yield* this.platform.unpack(compression, pieces);
  }

  decideCompression() {
    return this.compression;
  }

  dumpDiffers() {
    throw problems.dumpMismatch();
  }
}

/** The first bytes, and pieces that still begin with them. */
async function peek(pieces) {
  const first = [];
  for (let size = 0, next; size < HEAD_SIZE && !(next = await pieces.next()).done; size += next.value.length) first.push(next.value);
  return [concat(...first), (async function* () {
    yield* first;
    yield* pieces;
  })()];
}

class SealedBackup extends Backup {
  format = 'sealed';
  // Each chunk is proved by its own tag before it is released, and what is released is kept only at the end: one pass.
  passes = 1;
  compression = null;

  constructor(source, head, metadataBytes, platform) {
    super();
    Object.assign(this, { source, platform, header: parseHeader(head.subarray(0, HEADER_SIZE), source.size) });
    this.wants = this.header.isPassword ? 'password' : 'key';
    this.metadata = metadataBytes ? this.#ownMetadata(metadataBytes) : null;
    this.fingerprint = this.metadata?.encryption?.keyFingerprint ?? null;
  }

  async unlock(secret) {
    if (this.header.isPassword && secret.password === undefined) throw problems.passwordWanted();
    if (!this.header.isPassword && !secret.key) throw problems.keyWanted();
    const key = await payloadKey(this.header, secret, this.platform);
    if (!key) throw this.header.isPassword ? problems.wrongPassword() : problems.wrongKey(wanted(this.metadata));
    this.body = new SealedBody(this.source, this.header, await this.platform.chunkOpener(key));
    await this.#showCompression();
  }

  async prove() {}

  async *packed(onRead) {
    for await (const chunk of this.body.chunks()) {
      yield chunk;
      onRead?.(chunk.length + 16);
    }
  }

  /** Every chunk was authentic, so it is the metadata that is wrong. */
  dumpDiffers() {
    this.notes.push('The metadata describes another dump (size or SHA-256). Every part of the backup is authentic, so the metadata is wrong and was ignored.');
  }

  // What the first bytes show is authentic; the metadata is not.
  decideCompression(head) {
    return compressionOf(head, this.metadata?.compression ?? compressionOfName(this.source.name), this.platform);
  }

  // When the first chunk does not open, the dump will say so.
  async #showCompression() {
    try {
      this.compression = this.decideCompression(await this.body.chunk(0));
    } catch (cause) {
      if (!(cause instanceof Problem)) throw cause;
    }
  }

  #ownMetadata(bytes) {
    try {
      const metadata = parseMetadata(bytes);
      if (metadata.encryption?.iv?.toLowerCase?.() === toHex(this.header.salt)) return metadata;
      this.notes.push('The metadata belongs to another file. It is not needed and was ignored.');
    } catch (cause) {
      if (!(cause instanceof Problem)) throw cause;
      this.notes.push('The metadata cannot be read. It is not needed and was ignored.');
    }
    return null;
  }
}

class StandardBackup extends Backup {
  format = 'standard';
  passes = 2;
  wants = 'key';

  constructor(source, head, metadata, platform) {
    super();
    Object.assign(this, { source, head, metadata, platform, compression: metadata.compression, twice: new TwiceRead(source, platform) });
    this.fingerprint = metadata.encryption.keyFingerprint;
    this.iv = fromHex(metadata.encryption.iv);
    this.tag = fromHex(metadata.encryption.authTag);
  }

  async unlock(secret) {
    if (!secret.key) throw problems.keyWanted();
    this.key = secret.key;
    const named = this.fingerprint === (await fingerprint(secret.key, this.platform));
    const cipher = await this.platform.gcmStream(this.key, this.iv, this.tag);
    this.isLikely = named || looksRight(await cipher.update(this.head), this.compression, this.platform);
    if (!this.isLikely && this.fingerprint) throw problems.wrongKey(wanted(this.metadata));
  }

  /** The whole tag, before the first byte is released. */
  async prove(onRead) {
    const { key } = this;
    const proof = await this.platform.gcmProof(key, this.iv);
    await this.twice.first((piece) => {
      proof.update(piece);
      onRead?.(piece.length);
    });
    if (!(await proof.isRight(this.tag))) throw this.isLikely ? problems.tagMismatch() : problems.wrongKey(wanted(this.metadata));
    this.provedKey = key;
  }

  async *packed(onRead) {
    const cipher = await this.platform.gcmStream(this.provedKey, this.iv, this.tag);
    for await (const piece of this.twice.second()) {
      yield await cipher.update(piece);
      onRead?.(piece.length);
    }
    if (!cipher.isRight()) throw problems.fileChanged();
  }
}

/** A backup that is not encrypted: its SHA-256 finds damage and stops no forger. */
class OpenBackup extends Backup {
  format = 'none';
  passes = 2;

  constructor(source, metadata, platform) {
    super();
    Object.assign(this, { source, metadata, platform, compression: metadata.compression, twice: new TwiceRead(source, platform) });
    this.notes.push(metadata.storedSha256
      ? 'This backup is not encrypted. Its SHA-256 finds damage, but it is no proof against a forger.'
      : 'This backup is not encrypted and has no checksum. Nothing proves that it is unchanged.');
  }

  async unlock() {}

  async prove(onRead) {
    const hash = await this.platform.newHash();
    await this.twice.first((piece) => {
      hash.update(piece);
      onRead?.(piece.length);
    });
    const expected = this.metadata.storedSha256;
    if (expected && !equal(hash.digest(), fromHex(expected))) throw problems.hashMismatch();
  }

  async *packed(onRead) {
    for await (const piece of this.twice.second()) {
      yield piece;
      onRead?.(piece.length);
    }
  }
}

function wanted(metadata) {
  const { profileName, keyFingerprint } = metadata?.encryption ?? {};
  const named = profileName ? `the profile '${profileName.slice(0, 200)}'` : null;
  const print = keyFingerprint ? `key ${keyFingerprint}` : null;
  return named && print ? `${named} (${print})` : named ?? print;
}
