import { isHex } from './bytes.mjs';
import { parseStrictly } from './json.mjs';
import { problems } from './problem.mjs';

const MAX_BYTES = 32 << 20;
const text = (value) => (typeof value === 'string' && value !== '' ? value : null);
const part = (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {});
const count = (value) => (Number.isSafeInteger(value) ? value : null);

/** Reads a .meta.json, Vault's or DBackup's (docs/format.md, sections 2 and 8), into one shape. */
export function parseMetadata(bytes) {
  if (bytes.length > MAX_BYTES) throw problems.metadataGarbage('it is larger than 32 MiB');
  const read = parseStrictly(decode(bytes));
  if ((read.version ?? 1) !== 1) throw problems.metadataVersion();
  const job = part(read.job), source = part(read.source), sizes = part(read.sizes), sha256 = part(read.sha256);
  if ([sizes.dump, sizes.compressed, sizes.stored].some((size) => size < 0)) throw problems.metadataGarbage('it holds a negative size');
  return {
    job: text(job.name) ?? text(read.jobName),
    source: text(source.name) ?? text(read.sourceName),
    engine: text(source.engine) ?? (read.sourceType === 'postgres' ? 'postgresql' : text(read.sourceType)),
    databases: names(source.databases ?? read.databases),
    toolVersion: text(read.toolVersion),
    startedAt: text(read.startedAt) ?? text(read.timestamp),
    description: text(read.description),
    compression: text(read.compression)?.toUpperCase() ?? 'NONE',
    dumpSize: count(sizes.dump),
    storedSize: count(sizes.stored),
    dumpSha256: text(sha256.dump)?.toLowerCase() ?? null,
    storedSha256: (text(sha256.stored) ?? (text(read.checksum)?.length === 64 ? read.checksum : null))?.toLowerCase() ?? null,
    encryption: encryption(read),
  };
}

function decode(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw problems.metadataGarbage('it is no text');
  }
}

function names(databases) {
  const list = Array.isArray(databases) ? databases : part(databases).names;
  return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
}

/** Null: not encrypted. Older files of DBackup carry IV and tag beside `encryption`, or without it. */
function encryption(read) {
  const own = part(read.encryption);
  const iv = own.iv ?? read.iv ?? null, authTag = own.authTag ?? read.authTag ?? null;
  const isOn = own.enabled === true || (read.encryption == null && (iv !== null || authTag !== null));
  return !isOn ? null : {
    profileName: text(own.profileName),
    keyFingerprint: /^[0-9a-f]{16}$/i.test(own.keyFingerprint ?? '') ? own.keyFingerprint.toLowerCase() : null,
    format: text(own.format) ?? 'standard',
    algorithm: text(own.algorithm) ?? 'aes-256-gcm',
    iv,
    authTag,
  };
}

/** Refuses everything that is not exactly the standard format: a short tag would be easy to forge. */
export function requireStandard({ format, algorithm, iv, authTag }) {
  if (format === 'sealed') throw problems.sealHeader('the metadata says that it is sealed, and the file does not begin so');
  if (format !== 'standard') throw problems.formatUnknown();
  if (algorithm.toLowerCase() !== 'aes-256-gcm') throw problems.algorithmUnknown();
  if (!isHex(iv)) throw problems.ivMalformed();
  if (iv.length !== 32 && iv.length !== 24) throw problems.ivLength(iv.length / 2);
  if (!isHex(authTag)) throw problems.tagMalformed();
  if (authTag.length !== 32) throw problems.tagLength(authTag.length / 2);
}
