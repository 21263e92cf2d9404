// Makes dist/: the files that the server copies into wwwroot. Plain Node, so that a newcomer reads it in a minute.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildRecovery } from './recover/build.mjs';

const here = import.meta.dirname;
const dist = join(here, 'dist');
const read = (...parts) => readFileSync(join(here, ...parts), 'utf8');
const write = (name, text) => writeFileSync(join(dist, name), text);

// Only the upright cut of the weight axis; the browser fetches just the alphabets that a page uses.
const fontCss = (name) => read('node_modules/@fontsource-variable', name, 'wght.css').replaceAll('./files/', './fonts/');

function copyFonts(name) {
  const files = join(here, 'node_modules/@fontsource-variable', name, 'files');
  for (const file of readdirSync(files).filter((f) => f.endsWith('-wght-normal.woff2'))) {
    cpSync(join(files, file), join(dist, 'fonts', file));
  }
}

// One sprite: <svg><use href="icons.svg#name"/></svg> needs no icon font, so a page never flashes the names of its icons.
function sprite(names) {
  const symbols = names.map((name) => {
    const inner = read('node_modules/lucide-static/icons', `${name}.svg`).replace(/^[\s\S]*?<svg[\s\S]*?>/, '').replace('</svg>', '');
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s+/g, ' ').trim()}</symbol>`;
  });
  return `<!-- Lucide, ISC licence, https://lucide.dev -->\n<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`;
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'fonts'), { recursive: true });
const fonts = ['inter', 'jetbrains-mono'];
fonts.forEach(copyFonts);
const styles = ['base', 'shell', 'pieces', 'fields', 'radzen', 'log'];
write('vault.css', [...fonts.map(fontCss), ...styles.map((name) => read('css', `${name}.css`))].join('\n'));
write('theme-light.css', read('css', 'theme-light.css'));
write('theme-dark.css', read('css', 'theme-dark.css'));
write('vault.js', read('js', 'vault.js'));
write('icons.svg', sprite(read('icons.txt').split('\n').filter((line) => line.trim())));
cpSync(join(here, 'images'), dist, { recursive: true });
await buildRecovery(join(dist, 'recover'));
console.log(`wwwroot-assets/dist: ${readdirSync(dist, { recursive: true }).length} files`);
