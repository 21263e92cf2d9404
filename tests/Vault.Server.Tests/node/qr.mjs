// Reads SVG from stdin, paints its path and prints what the QR code on it says, as a phone would read it.
import { text } from 'node:stream/consumers';
import jsQR from 'jsqr';

const SCALE = 6;
const svg = await text(process.stdin);
const modules = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)[1]);
const side = modules * SCALE;
const pixels = new Uint8ClampedArray(side * side * 4).fill(255);

for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
  for (let row = y * SCALE; row < (Number(y) + 1) * SCALE; row++) {
    for (let column = x * SCALE; column < (Number(x) + Number(width)) * SCALE; column++) {
      pixels.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
    }
  }
}

const found = jsQR(pixels, side, side);
if (!found) throw new Error('There is no QR code to be read.');
process.stdout.write(found.data);
