import type { SignwaveError } from '@signwave/format';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createEngine } from '../src/engine/engine.js';

afterEach(() => vi.restoreAllMocks());

async function failure(action: () => unknown): Promise<SignwaveError> {
  try {
    await action();
  } catch (error) {
    return error as SignwaveError;
  }
  return expect.fail('nothing was thrown');
}

describe('an engine without SIMD', () => {
  test('gets the scalar kernels, and says why', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(await createEngine('auto')).toMatchObject({ simd: false, reason: 'the engine has no SIMD' });
  });

  test('is refused SIMD kernels', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(await failure(() => createEngine('simd'))).toMatchObject({ code: 'E_ENGINE' });
  });
});

test('an engine without WebAssembly is refused', async () => {
  vi.stubGlobal('WebAssembly', undefined);
  try {
    expect(await failure(() => createEngine('auto'))).toMatchObject({ code: 'E_ENGINE' });
  } finally {
    vi.unstubAllGlobals();
  }
});

test('an engine that refuses to compile is reported with the policy that may be the cause', async () => {
  vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new Error('blocked by policy'));
  const error = await failure(() => createEngine('auto'));
  expect(error.message).toMatch(/blocked by policy.*wasm-unsafe-eval/);
});

test('an engine without memory for one more instance is reported as that', async () => {
  vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new RangeError('could not allocate memory'));
  const error = await failure(() => createEngine('auto'));
  expect(error.message).toMatch(/could not allocate memory.*dispose of models that are not needed/);
});
