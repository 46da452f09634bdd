import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the programs of conformance/src/entries into build/conformance: `node.mjs` and so on. */
export async function buildPrograms() {
  /** @type {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: folder,
    outdir: 'build/conformance',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    conditions: ['signwave:source', 'module'],
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  };
  const inNode = ['node', 'reference', 'workload', 'c-cases', 'c-time'].map(
    (name) => `conformance/src/entries/${name}.ts`,
  );
  const elsewhere = ['browser', 'jsc'].map((name) => `conformance/src/entries/${name}.ts`);
  await build({ ...common, entryPoints: inNode, platform: 'node', target: 'node20', external: ['sharp'] });
  await build({ ...common, entryPoints: elsewhere, target: 'es2022' });
}
