// Build the page and click through it in Chromium, Firefox and WebKitGTK (Debian's packages: conformance/scripts/cells.mjs). Screenshots
// come into build/screenshots.
//
//   node page/scripts/check-browsers.mjs [TEST_FILE...]
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const TESTS = 'page/test/browsers';

run(process.execPath, 'conformance/scripts/install.mjs');
run(process.execPath, 'page/scripts/build.mjs');
// The page is compared with the command.
run(process.execPath, 'scripts/build.mjs', '--only', 'cli');
const chosen = process.argv.slice(2);
const all = readdirSync(TESTS)
  .filter((name) => name.endsWith('.test.mjs'))
  .map((name) => `${TESTS}/${name}`);
run(process.execPath, '--test', '--test-concurrency=1', ...(chosen.length > 0 ? chosen : all));

/**
 * @param {string} program
 * @param {...string} args
 */
function run(program, ...args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
