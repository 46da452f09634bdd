import { mkdirSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * `library.js`, the runtime for pages, and `worker.js`, from the sources, in a folder that a test serves.
 *
 * @param {string} outdir
 * @param {import('esbuild').Plugin[]} [plugins]
 */
export async function buildLibrary(outdir, plugins = []) {
  mkdirSync(outdir, { recursive: true });
  await build({
    entryPoints: { library: 'runtime/src/web/index.ts', worker: 'runtime/src/web/worker.ts' },
    outdir,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['signwave:source', 'module'],
    mainFields: ['module', 'main'],
    plugins,
  });
}
