import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Bundle the data worker as `scripts/build.mjs` does, to `folder`. */
export async function buildWorker(folder: string): Promise<URL> {
  const outfile = join(folder, 'data-worker.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../../src/data/data-worker.ts', import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['sharp'],
    conditions: ['signwave:source', 'module'],
  });
  return pathToFileURL(outfile);
}
