import { nameOf, SignwaveError, tagOf } from '@signwave/format';

/** The builds of the kernels that asconfig.json defines. */
const BUILDS = ['simd', 'scalar', 'threads'] as const;
export type BuildName = (typeof BUILDS)[number];

/** A file of `@signwave/runtime/wasm`: its address, its bytes, or the module compiled from them. */
export type WasmSource =
  | URL
  | string
  | ArrayBuffer
  | Uint8Array<ArrayBuffer>
  | DataView<ArrayBuffer>
  | WebAssembly.Module;

/**
 * Builds of the kernels that replace the inlined ones. A load fetches only what it needs: `simd` if the engine supports SIMD, otherwise
 * `scalar`, and `threads` if several threads are asked for.
 */
export interface WasmSources {
  readonly simd?: WasmSource;
  readonly scalar?: WasmSource;
  readonly threads?: WasmSource;
}

/** @throws {SignwaveError} `E_USAGE` if `sources` is anything else: a bare source, for example, or an object with an unknown key. */
export function checkWasmSources(sources: WasmSources): void {
  const kind = tagOf(sources);
  const unknown =
    kind === 'Object' ? Object.keys(sources).find((name) => !(BUILDS as readonly string[]).includes(name)) : undefined;
  if (kind === 'Object' && unknown === undefined) return;
  throw new SignwaveError(
    'E_USAGE',
    `wasm: expected an object with some of ${BUILDS.join(', ')}, got ${unknown === undefined ? nameOf(sources) : `the key ${nameOf(unknown)}`}`,
  );
}
