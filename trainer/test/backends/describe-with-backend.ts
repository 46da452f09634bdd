import { describe, test } from 'vitest';
import type { BackendName } from '../../src/backends/backend-names.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { TrainingBackend } from '../../src/types.js';

/**
 * A `describe` on a back end that not every machine has. Where it is absent the tests are skipped and the reason is
 * printed; with `SIGNWAVE_TENSORFLOW=required` (or `SIGNWAVE_WEBGPU=required`) they fail instead.
 */
export async function describeWithBackend(name: BackendName, fn: (backend: TrainingBackend) => void): Promise<void> {
  let backend: TrainingBackend;
  try {
    backend = await chooseBackend({ force: name });
  } catch (error) {
    const { message } = error as Error;
    if (isRequired(name)) {
      test(`the back end ${name} is there`, () => {
        throw error;
      });
    } else {
      console.warn(`skipped the tests of ${name}: ${message}`);
      test.skip(`the back end ${name} (${message})`);
    }
    return;
  }
  describe(`the back end ${name}`, () => fn(backend));
}

/** Whether the environment says that tests of a back end may not be skipped. */
export function isRequired(name: BackendName): boolean {
  return process.env[`SIGNWAVE_${name.toUpperCase()}`] === 'required';
}
