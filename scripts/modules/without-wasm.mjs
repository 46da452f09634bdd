/**
 * Builds the runtime without its WebAssembly, for the entry points `slim`: a module takes the place of runtime/src/engine/inlined-wasm.ts, and what
 * that imports is gone with it.
 *
 * @type {import('esbuild').Plugin}
 */
export const withoutWasm = {
  name: 'without-wasm',
  setup: (build) =>
    build.onLoad({ filter: /[\\/]engine[\\/]inlined-wasm\.ts$/ }, () => ({
      contents: 'export const inlinedWasm = () => undefined;',
    })),
};
