// Installs the engines and drivers that come from npm, exactly as conformance/package-lock.json says, unless they are installed. No
// package's install script runs.
//
//   node conformance/scripts/install.mjs
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
/** SHA-256 of the lock file that `node_modules` was installed from. */
const stamp = `${folder}node_modules/.signwave-lock`;
const lock = createHash('sha256')
  .update(readFileSync(`${folder}package-lock.json`))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, lock);
}
