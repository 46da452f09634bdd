import { describe, test } from 'vitest';

/**
 * A `describe` for tests that need something that isn't everywhere. Without it they are skipped and the reason is printed; where they must run, they fail
 * with `failure`.
 *
 * @param absence why they can't run; undefined if they can.
 */
export function describeIfThere(
  name: string,
  absence: string | undefined,
  { mustRun, failure }: { readonly mustRun: boolean; readonly failure: string },
  fn: () => void,
): void {
  if (absence === undefined) describe(name, fn);
  else if (mustRun) {
    test(name, () => {
      throw new Error(failure);
    });
  } else {
    console.warn(`skipped "${name}": ${absence}`);
    test.skip(`${name} (${absence})`);
  }
}
