// `npm run interrupt`: bundles and runs test/interrupt. `npm run interrupt -- --help` prints the options, which test/interrupt/options.mjs
// defines.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleForNode } from './modules/bundle-for-node.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const OUTPUT = 'build/interrupt';
await bundleForNode(['test/interrupt/main.ts'], { outdir: OUTPUT, external: ['sharp', '@tensorflow/*', '@nats-io/*'] });
// The disk that it mounts is its own, and goes with it.
const isApart = spawnSync('unshare', ['--mount', 'true']).status === 0;
const command = [
  ...(isApart ? ['unshare', '--mount'] : []),
  process.execPath,
  `${OUTPUT}/main.mjs`,
  ...process.argv.slice(2),
];
const { status } = spawnSync(command[0], command.slice(1), { stdio: 'inherit' });
process.exit(status ?? 1);
