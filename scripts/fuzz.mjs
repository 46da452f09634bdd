// `npm run fuzz`: bundles and runs test/fuzz. `npm run fuzz -- --help` prints the options, which test/fuzz/options.mjs defines.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleForNode } from './modules/bundle-for-node.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const OUTPUT = 'build/fuzz';
await bundleForNode(['test/fuzz/main.ts', 'test/fuzz/worker.ts'], {
  outdir: OUTPUT,
  external: ['sharp', '@tensorflow/*'],
});
const { status } = spawnSync(process.execPath, [`${OUTPUT}/main.mjs`, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
