import type { Graph, MapShape } from '@signwave/format';
import type { Lifetime } from './lifetimes.js';
import type { BitMap, FloatMap, SignPlanes } from './maps.js';
import type { Region } from './region.js';
import type { Step } from './step.js';

/** How a graph is executed. A plan is made when a model is loaded; it is never stored or changed. It has no addresses: `placement.ts`. */
export interface Plan {
  readonly graph: Graph;
  readonly shapes: readonly MapShape[];
  readonly simd: boolean;
  /** Number of threads for which the steps are divided. */
  readonly threads: number;
  /** The most WebAssembly memory that it may take. */
  readonly maxMemoryBytes: number;
  /** Steps that run once, when the plan has been placed. */
  readonly loadSteps: readonly Step[];
  readonly steps: readonly Step[];
  /** The steps that bring the input into the first map: from floats, and from bytes if the graph has a recipe. */
  readonly inputSteps: { readonly bytes?: Step; readonly floats: Step };
  /** Where the caller puts the input: bytes (H, W, C), or floats (H, W, C). */
  readonly staging: Region;
  readonly regions: readonly Region[];
  /** The lifetimes of the regions of kind `map`. */
  readonly lifetimes: ReadonlyMap<Region, Lifetime>;
  /** The bits of signs that feed binary layers, by node. */
  readonly bitMaps: ReadonlyMap<number, BitMap>;
  readonly signPlanes: ReadonlyMap<number, SignPlanes>;
  readonly output: FloatMap;
}
