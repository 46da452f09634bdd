import { build } from 'esbuild';

/**
 * Bundles a program of this folder with the trainer's sources, for a process of its own. The working directory must be the repository's root.
 *
 * @param {string} program its path
 * @param {string} outfile
 */
export async function bundle(program, outfile) {
  await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['signwave:source'],
    packages: 'external',
    alias: { '@signwave/format': './format/src/index.ts' },
    logLevel: 'warning',
  });
}
