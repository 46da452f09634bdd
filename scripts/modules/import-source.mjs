import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Packages with native code, those of which a process may have one copy only, and those that aren't always there. */
const EXTERNAL = ['echarts', 'sharp', '@tensorflow/*', 'webgpu', '@aws-sdk/client-s3'];

/** Counts imports, since Node would take a second module at an address for the first. */
let imported = 0;

/**
 * Compiles and imports a TypeScript module of the workspace. The working directory must be the repository's root.
 *
 * @param {string} entry path of the module
 * @returns {Promise<any>} what it exports
 */
export async function importSource(entry) {
  const outfile = `build/source-${process.pid}-${++imported}.mjs`;
  /** @type {import('esbuild').BuildOptions} */
  const platform = { platform: 'node', format: 'esm', target: 'node20', conditions: ['signwave:source', 'module'] };
  await build({ entryPoints: [entry], outfile, bundle: true, external: EXTERNAL, logLevel: 'warning', ...platform });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}
