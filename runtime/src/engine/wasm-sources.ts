import { nameOf, SignwaveError, tagOf } from '@signwave/format';

/** Builds of the kernels: asconfig.json. */
const BUILDS = ['simd', 'scalar', 'threads'] as const;
export type BuildName = (typeof BUILDS)[number];

/** A file of `@signwave/runtime/wasm`: its address, its bytes, or compiled from them. */
export type WasmSource =
  | URL
  | string
  | ArrayBuffer
  | Uint8Array<ArrayBuffer>
  | DataView<ArrayBuffer>
  | WebAssembly.Module;

/**
 * Builds of the kernels that are taken instead of the inlined ones. A load takes one of them, `simd` where the engine has SIMD and `scalar` elsewhere,
 * and `threads` if there are to be several; no other is fetched.
 */
export interface WasmSources {
  readonly simd?: WasmSource;
  readonly scalar?: WasmSource;
  readonly threads?: WasmSource;
}

/** @throws {SignwaveError} `E_USAGE` if this is no such object: a source by itself, or one under another name. */
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
