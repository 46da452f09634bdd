/**
 * Builds the runtime without its WebAssembly, for the entry points `slim`: it replaces runtime/src/engine/inlined-wasm.ts, so that the
 * bundle doesn't contain what that imports either.
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
