// Installs the packages that package-lock.json names, unless they are installed: all that a fresh clone needs besides Node and npm. No
// package's install script runs. Prints nothing if there is nothing to do.
//
//   node scripts/setup.mjs
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LEAST_NODE = 20;
const root = fileURLToPath(new URL('..', import.meta.url));
/** Holds the SHA-256 of the lock file that `node_modules` was installed from. */
const stamp = `${root}node_modules/.signwave-lock`;

const major = Number(process.versions.node.split('.')[0]);
if (major < LEAST_NODE) fail(`Node ${process.versions.node} is too old: signwave needs Node ${LEAST_NODE} or newer`);

const lock = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  const start = performance.now();
  console.error('installing packages (npm ci)');
  const { status, error } = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (error) fail(`npm can't be started: ${error.message}; it comes with Node`);
  if (status !== 0) fail(`npm ci ended with status ${status}; its messages are above`);
  writeFileSync(stamp, lock);
  console.error(`installed in ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exit(1);
}
