// `npm run check`: all checks of the code except the tests. It goes on after a check has failed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const CHECKS = [
  // First, because types and sizes need the kernels, and the check of the packages needs the built files.
  ['build', 'node', 'scripts/build.mjs'],
  ['types', 'npx', 'tsc', '--noEmit'],
  ['types of scripts', 'npx', 'tsc', '--project', 'tsconfig.scripts.json'],
  ['lint and format', 'npx', 'biome', 'check'],
  ['unused code and dependencies', 'npx', 'knip'],
  ['packages', 'node', 'scripts/checks/check-packages.mjs'],
  ['size', 'node', 'scripts/checks/check-size.mjs'],
  ['tree', 'npx', 'vitest', 'run', 'test/tree.test.ts', 'test/architecture.test.ts'],
];

const failed = CHECKS.filter(([name, command, ...args]) => {
  console.log(`\n== ${name}: ${command} ${args.join(' ')}`);
  const startMs = performance.now();
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) console.error(error.message);
  console.log(`${status === 0 ? 'ok' : 'FAILED'}, ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return status !== 0;
});
console.log(`\ncheck: ${failed.length === 0 ? 'all ok' : `FAILED: ${failed.map(([name]) => name).join(', ')}`}`);
process.exitCode = failed.length === 0 ? 0 : 1;
