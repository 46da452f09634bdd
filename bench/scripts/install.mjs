// Installs the peers that signwave is compared with, exactly as bench/package-lock.json has them, unless they are installed already.
// No install script of a package is run.
//
//   node bench/scripts/install.mjs
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('..', import.meta.url));
/** Holds the SHA-256 of the lock file that `node_modules` was installed from. */
const stamp = `${bench}node_modules/.signwave-lock`;
const lock = createHash('sha256')
  .update(readFileSync(`${bench}package-lock.json`))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], {
    cwd: bench,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, lock);
}
