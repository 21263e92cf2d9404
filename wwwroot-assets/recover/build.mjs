// Makes dist/recover/: recover.mjs for Node and recover.html for a browser, each one file that needs nothing else.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const modules = join(here, '../node_modules');
const read = (...parts) => readFileSync(join(...parts), 'utf8');

// The decoders as bytes inside of the script: from file:// nothing could be fetched, and nothing should.
const binaries = {
  name: 'binaries',
  setup(bundler) {
    bundler.onResolve({ filter: /^(zstd|brotli)-wasm$/ }, ({ path }) => ({ path, namespace: 'binary' }));
    bundler.onLoad({ filter: /.*/, namespace: 'binary' }, ({ path }) => ({ contents: path === 'zstd-wasm' ? zstdWasm() : brotliWasm(), loader: 'binary' }));
  },
};

const zstdWasm = () => Buffer.from(/const wasm = "([^"]+)"/.exec(read(modules, 'zstddec/dist/zstddec-stream.mjs'))[1], 'base64');
const brotliWasm = () => readFileSync(join(modules, 'brotli-dec-wasm/pkg/brotli_dec_wasm_bg.wasm'));

const LICENCES = [
  ['zstddec', 'LICENSE', 'zstd decoder (libzstd by Meta, compiled by Don McCurdy)'],
  ['pako', 'LICENSE', 'gzip decoder'],
  ['brotli-dec-wasm', 'LICENSE-MIT.txt', 'brotli decoder'],
  ['hash-wasm', 'LICENSE', 'SHA-256 in pieces'],
];

const licences = (names) => LICENCES.filter(([name]) => names.includes(name)).map(([name, file, what]) => `${name}: ${what}\n\n${read(modules, name, file).trim()}`).join('\n\n----\n\n');

const bundle = async (entry, options) => (await build({
  entryPoints: [join(here, entry)], bundle: true, write: false, minify: false, legalComments: 'none', plugins: [binaries], nodePaths: [modules], ...options,
})).outputFiles[0].text;

async function makeNode() {
  const banner = `#!/usr/bin/env node\n// Vault: opens a backup without Vault. Node 18 or newer. Apache-2.0. Start it with --help.\n/*\nIt holds:\n\n${licences(['zstddec'])}\n*/`;
  return bundle('node/main.mjs', { platform: 'node', format: 'esm', target: 'node18', banner: { js: banner } });
}

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const withoutEnd = (script) => script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

async function makePage() {
  const worker = await bundle('page/worker.mjs', { format: 'iife', target: 'es2022', minify: true });
  const workerText = { name: 'worker', setup(bundler) {
    bundler.onResolve({ filter: /^worker-text$/ }, () => ({ path: 'worker', namespace: 'worker' }));
    bundler.onLoad({ filter: /.*/, namespace: 'worker' }, () => ({ contents: worker, loader: 'text' }));
  } };
  const script = withoutEnd(await bundle('page/page.mjs', { format: 'iife', target: 'es2022', plugins: [workerText] }));
  const style = read(here, 'page/page.css');
  const policy = `default-src 'none'; script-src ${hashOf(script)} 'wasm-unsafe-eval'; style-src ${hashOf(style)}; worker-src blob:; base-uri 'none'; form-action 'none'`;
  const parts = { policy, style, script, licences: escape(licences(LICENCES.map(([name]) => name))) };
  return read(here, 'page/page.html').replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export async function buildRecovery(dist) {
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, 'recover.mjs'), await makeNode());
  if (existsSync(join(here, 'page/page.html'))) writeFileSync(join(dist, 'recover.html'), await makePage());
}
