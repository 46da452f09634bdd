import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** A TypeScript module of the workspace, compiled on the fly; the working directory is the repository's root. */
export async function importSource(entry) {
  const outfile = `build/source-${process.pid}.mjs`;
  const platform = { platform: 'node', format: 'esm', target: 'node20' };
  await build({ entryPoints: [entry], outfile, bundle: true, external: ['echarts'], logLevel: 'warning', ...platform });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}
