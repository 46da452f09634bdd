import type { Graph, MapShape } from '@signwave/format';
import type { Lifetime } from './lifetimes.js';
import type { BitMap, FloatMap, SignPlanes } from './maps.js';
import type { Region } from './region.js';
import type { Step } from './step.js';

/** How a graph is executed: made when a model is loaded, never stored and never changed. Addresses are not part of it: `placement.ts`. */
export interface Plan {
  readonly graph: Graph;
  readonly shapes: readonly MapShape[];
  readonly simd: boolean;
  /** Among how many the steps are divided. */
  readonly threads: number;
  /** Run once, when the plan has been placed. */
  readonly loadSteps: readonly Step[];
  readonly steps: readonly Step[];
  /** What brings the input into the first map: from bytes, if the graph has a recipe, and from floats. */
  readonly inputSteps: { readonly bytes?: Step; readonly floats: Step };
  /** Where the caller puts the input: bytes (H, W, C), or floats (H, W, C). */
  readonly staging: Region;
  readonly regions: readonly Region[];
  /** When each region of kind `map` holds something. */
  readonly lifetimes: ReadonlyMap<Region, Lifetime>;
  /** Bits of the signs that feed binary layers, by node. */
  readonly bitMaps: ReadonlyMap<number, BitMap>;
  readonly signPlanes: ReadonlyMap<number, SignPlanes>;
  readonly output: FloatMap;
}
