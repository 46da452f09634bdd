// `npm run interrupt`: bundles and runs test/interrupt. `npm run interrupt -- --help` prints the options, which test/interrupt/options.mjs
// defines.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleForNode } from './modules/bundle-for-node.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const OUTPUT = 'build/interrupt';
await bundleForNode(['test/interrupt/main.ts'], { outdir: OUTPUT, external: ['sharp', '@tensorflow/*'] });
const { status } = spawnSync(process.execPath, [`${OUTPUT}/main.mjs`, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
