import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';

/** Real checkpoints, images and logits lie beside the repository, too large to be in it. */
const SHARED_DIR = fileURLToPath(new URL('../../shared/', import.meta.url));

/**
 * Gives the path of a file or folder in `../shared`, such as `checkpoints/legacy-torch/net_best.pth.tar`.
 *
 * @returns `undefined` if it is absent; the caller skips what needs it.
 * @throws {Error} if it is absent and `CI` is set, so that a CI job never passes by skipping.
 */
export function sharedPath(rel: string): string | undefined {
  const path = SHARED_DIR + rel;
  if (existsSync(path)) return path;
  if (process.env.CI) throw new Error(`${path} is missing, and CI is set: tests that need it must not be skipped`);
  return undefined;
}

/**
 * A `describe` for tests that need `../shared`. If that folder is absent, they are skipped and the reason is printed; if `CI` is set as
 * well, they fail.
 */
export function describeWithShared(name: string, fn: () => void): void {
  if (existsSync(SHARED_DIR)) {
    describe(name, fn);
  } else if (process.env.CI) {
    test(name, () => sharedPath(''));
  } else {
    console.warn(`skipped "${name}": ${SHARED_DIR} is absent`);
    test.skip(`${name} (../shared is absent)`);
  }
}
