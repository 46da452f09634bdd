import { readFileSync } from 'node:fs';

type DebugBuild = 'simd' | 'scalar';

/** Reads the build of the kernels with asserts: runtime/assembly/preconditions.ts. */
export function debugKernels(build: DebugBuild): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(`../../build/debug/${build}.wasm`, import.meta.url)));
}

/**
 * Adds to `imports` the function that a module with asserts calls when one fails.
 *
 * @param memoryOf gives the instance's memory, once it exists.
 */
export function withAbort(memoryOf: () => WebAssembly.Memory, imports: WebAssembly.Imports = {}): WebAssembly.Imports {
  const abort = (message: number, file: number, line: number, column: number): never => {
    const { buffer } = memoryOf();
    throw new Error(`${textAt(buffer, file)}:${line}:${column}: not so: ${textAt(buffer, message)}`);
  };
  return { ...imports, env: { ...imports.env, abort } };
}

/** Reads a string of AssemblyScript: UTF-16, with its length in bytes before it. */
function textAt(memory: ArrayBuffer, address: number): string {
  const [bytes] = new Uint32Array(memory, address - 4, 1);
  return String.fromCharCode(...new Uint16Array(memory, address, bytes! / 2));
}
