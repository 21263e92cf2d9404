// Bytes and numbers, big-endian as in docs/format.md.
export const utf8 = (text) => new TextEncoder().encode(text);

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export const isHex = (text) => typeof text === 'string' && text.length > 0 && text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text);

export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

export const startsWith = (bytes, prefix) => bytes.length >= prefix.length && prefix.every((byte, at) => byte === bytes[at]);

export const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
