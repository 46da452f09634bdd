/**
 * A stretch of the WebAssembly memory. It has no address: `placement.ts` gives it one.
 *
 * - `constant`: written once when the model is loaded, from `data` or by the load steps.
 * - `fixed`: zero when the model is loaded and kept between runs, for maps whose border or gaps stay zero.
 * - `map`: holds something only between the steps that write and read it; regions that don't live at the same time share memory.
 * - `scratch`: means nothing between steps; all of one name share memory.
 */
export interface Region {
  readonly kind: 'constant' | 'fixed' | 'map' | 'scratch';
  readonly sizeBytes: number;
  readonly data?: Uint8Array;
}

export interface Pointer {
  readonly region: Region;
  readonly offsetBytes: number;
}

export function pointer(region: Region, offsetBytes = 0): Pointer {
  return { region, offsetBytes };
}
