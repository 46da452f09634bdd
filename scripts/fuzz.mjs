// `npm run fuzz`: bundles and runs test/fuzz. `npm run fuzz -- --help` prints the options, which test/fuzz/options.mjs defines.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const OUTPUT = 'build/fuzz';
await build({
  entryPoints: ['test/fuzz/main.ts', 'test/fuzz/worker.ts'],
  outdir: OUTPUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  keepNames: true,
  conditions: ['signwave:source', 'module'],
  external: ['sharp', '@tensorflow/*'],
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, [`${OUTPUT}/main.mjs`, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
