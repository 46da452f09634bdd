import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * Compiles and imports a TypeScript module of the workspace. The working directory must be the repository's root.
 *
 * @param {string} entry path of the module
 * @returns {Promise<any>} what it exports
 */
export async function importSource(entry) {
  const outfile = `build/source-${process.pid}.mjs`;
  /** @type {import('esbuild').BuildOptions} */
  const platform = { platform: 'node', format: 'esm', target: 'node20', conditions: ['signwave:source', 'module'] };
  await build({ entryPoints: [entry], outfile, bundle: true, external: ['echarts'], logLevel: 'warning', ...platform });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}
