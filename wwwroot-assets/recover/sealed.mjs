// The format `sealed` (docs/format.md, section 4): file and key are enough.
import { equal, startsWith, utf8, view } from './bytes.mjs';
import { ahead } from './pieces.mjs';
import { problems } from './problem.mjs';

export const HEADER_SIZE = 96;
const MAGIC = utf8('VLTSEAL1');
const TAG_SIZE = 16;

/** True also for a beginning of which a few bits flipped: then the header is damaged, and nobody has to look for metadata. */
export function looksSealed(head) {
  const wrongBits = MAGIC.reduce((sum, byte, at) => sum + bits(byte ^ (head[at] ?? 0)), 0);
  return wrongBits <= 8;
}

const bits = (byte) => byte.toString(2).replaceAll('0', '').length;

export function parseHeader(bytes, fileSize) {
  if (!startsWith(bytes, MAGIC)) throw problems.sealHeader('its first bytes are damaged');
  if (bytes.length < HEADER_SIZE) throw problems.sealCut(fileSize);
  const numbers = view(bytes);
  const [suite, flags, rounds, chunkSize] = [bytes[8], bytes[9], numbers.getUint16(10), numbers.getUint32(12)];
  if (suite !== 1) throw problems.sealHeader(`suite ${suite} is unknown`);
  if (flags > 1) throw problems.sealHeader(`flags ${flags} are unknown`);
  if (flags === 1 ? rounds < 1 || rounds > 1000 : rounds !== 0) throw problems.sealHeader(`${rounds} is no number of rounds`);
  if (chunkSize < 64 || chunkSize > 16777216) throw problems.sealHeader(`${chunkSize} is no chunk size`);
  return {
    isPassword: flags === 1, rounds, chunkSize, signed: bytes.subarray(0, 64),
    salt: bytes.subarray(16, 48), keyCheck: bytes.subarray(48, 64), mac: bytes.subarray(64, 96),
  };
}

/** The key of the chunks. Wrong keys are told exactly, before anything is decrypted. */
export async function payloadKey(header, secret, platform) {
  for (const inputKey of header.isPassword ? stretched(header, secret.password, platform) : [secret.key]) {
    const key = await payloadKeyFrom(await inputKey, header, platform);
    if (key) return key;
  }
  return null;
}

// A password counts as it was typed; another machine may type the same letters in another form of Unicode.
function* stretched(header, password, platform) {
  for (const form of new Set([password, password.normalize('NFC'), password.normalize('NFD')])) {
    yield platform.pbkdf2(utf8(form), header.salt, header.rounds * 10000);
  }
}

async function payloadKeyFrom(inputKey, header, platform) {
  const derive = (purpose) => platform.hkdf(inputKey, header.salt, utf8(`vault/sealed/v1/${purpose}`));
  const check = await derive('check');
  if (!equal(check.subarray(0, 16), header.keyCheck)) return null;
  if (!equal(await platform.hmac(await derive('mac'), header.signed), header.mac)) throw problems.sealHeaderChanged();
  return derive('payload');
}

export class SealedBody {
  constructor(source, header, open) {
    Object.assign(this, { source, open, stride: header.chunkSize + TAG_SIZE });
    this.count = Math.max(1, Math.ceil((source.size - HEADER_SIZE) / this.stride));
  }

  /** The plaintext, chunk by chunk, each only after its own tag was right. Ends well only after the chunk that says it is the last. */
  chunks() {
    return ahead(this.count, 4, (index) => this.chunk(index));
  }

  async chunk(index) {
    const isLast = index === this.count - 1;
    const at = HEADER_SIZE + index * this.stride;
    const wanted = Math.min(this.stride, this.source.size - at);
    if (wanted < TAG_SIZE) throw problems.sealCut(this.source.size);
    const sealed = await this.source.read(at, wanted);
    if (sealed.length !== wanted) throw problems.fileChanged();
    const plain = await this.open(nonce(index, isLast), sealed);
    if (plain === null) throw await this.explain(index, isLast, at, sealed);
    if (plain.length === 0 && index > 0) throw problems.sealDamaged(at, at + wanted, true);
    return plain;
  }

  // A whole chunk that is right with the other mark says where the file was cut, or what was put behind its end.
  async explain(index, isLast, at, sealed) {
    const isOther = sealed.length === this.stride && (await this.open(nonce(index, !isLast), sealed)) !== null;
    if (isOther) return isLast ? problems.sealCut(this.source.size) : problems.sealLonger(at + sealed.length);
    return problems.sealDamaged(at, at + sealed.length, isLast);
  }
}

export function nonce(index, isLast) {
  const bytes = new Uint8Array(12);
  view(bytes).setBigUint64(3, BigInt(index));
  bytes[11] = isLast ? 1 : 0;
  return bytes;
}

