import { existsSync } from 'node:fs';
import { describe, test } from 'vitest';
import { MAINTAINERS_DATA } from '../scripts/modules/maintainers-data.mjs';

/**
 * Gives the path of a file or folder of {@link MAINTAINERS_DATA}, such as `checkpoints/legacy-torch/net_best.pth.tar`.
 *
 * @returns `undefined` if it is absent; the caller skips what needs it.
 * @throws {Error} if it is absent and `CI` is set, so that a CI job never passes by skipping.
 */
export function sharedPath(rel: string): string | undefined {
  const path = MAINTAINERS_DATA + rel;
  if (existsSync(path)) return path;
  if (process.env.CI) throw new Error(`${path} is missing, and CI is set: tests that need it must not be skipped`);
  return undefined;
}

/**
 * A `describe` for tests that need {@link MAINTAINERS_DATA}. If that folder is absent, they are skipped and the reason is printed; if `CI`
 * is set as well, they fail.
 */
export function describeWithShared(name: string, fn: () => void): void {
  if (existsSync(MAINTAINERS_DATA)) {
    describe(name, fn);
  } else if (process.env.CI) {
    test(name, () => sharedPath(''));
  } else {
    console.warn(`skipped "${name}": ${MAINTAINERS_DATA} is absent`);
    test.skip(`${name} (data that only the maintainers have)`);
  }
}
