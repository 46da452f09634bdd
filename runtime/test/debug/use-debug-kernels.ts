import { vi } from 'vitest';
import { debugKernels, withAbort } from './debug-kernels.js';

// Makes every engine in the tests use the kernels with asserts instead of the release build.

vi.mock('../../src/engine/inlined-wasm.js', () => ({ inlinedWasm: debugKernels }));

const { instantiate } = WebAssembly;
WebAssembly.instantiate = (async (module: WebAssembly.Module, imports?: WebAssembly.Imports) => {
  const instance: WebAssembly.Instance = await instantiate(
    module,
    withAbort(() => instance.exports.memory as WebAssembly.Memory, imports),
  );
  return instance;
}) as typeof instantiate;
