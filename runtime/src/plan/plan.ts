import type { Graph, MapShape } from '@signwave/format';
import type { KernelName, KernelRecord } from './records.js';
import type { Pointer, Region } from './regions.js';

/** A float map in memory: each pixel padded to a multiple of 8 channels. */
export interface FloatMap {
  readonly region: Region;
  readonly shape: MapShape;
  readonly pixelBytes: number;
}

/** A map of bits in memory, with room for the pads of the convolutions that read it. */
export interface BitMap {
  readonly region: Region;
  readonly shape: MapShape;
  readonly pixelBytes: number;
  readonly rowBytes: number;
  /** Pixel (0, 0). */
  readonly origin: Pointer;
}

/** Float planes in memory: runtime/assembly/planes.ts. */
export interface FloatPlanes {
  readonly region: Region;
  readonly shape: MapShape;
  /** Lanes from one row to the next. */
  readonly pitch: number;
  readonly planeBytes: number;
}

/** Sign planes in memory, with room for the pads of the convolutions that read them; behind the last lies one of zeros. */
export interface SignPlanes extends FloatPlanes {
  /** Pixel (0, 0) of the first plane. */
  readonly origin: Pointer;
}

/** One call of a kernel. */
export interface StepPart {
  readonly record: KernelRecord;
  /** Record that `record.values.epilogue` points to. */
  readonly epilogue?: KernelRecord<'Epilogue' | 'PlaneEpilogue'>;
}

/** What happens between two states of memory: one call of a kernel, or several that threads may make at the same time. */
export interface Step extends StepPart {
  readonly kernel: KernelName;
  /** The calls, where they are not the one of `record` and `epilogue`: for threads to make at the same time. */
  readonly parts?: readonly StepPart[];
  /** The calls of a thread that works alone, where they are others than those in parts. */
  readonly whole?: readonly StepPart[];
  /** Nodes of the graph that the step executes. */
  readonly nodes: readonly number[];
  /** Why this kernel, in words. */
  readonly reason: string;
}

/** How a graph is executed: made when a model is loaded, never stored. */
export interface Plan {
  readonly graph: Graph;
  readonly shapes: readonly MapShape[];
  readonly simd: boolean;
  /** Among how many the steps are divided. */
  readonly threads: number;
  /** Run once, when the plan has been laid out. */
  readonly loadSteps: readonly Step[];
  readonly steps: readonly Step[];
  /** What brings the input into the first map: from bytes, if the graph has a recipe, and from floats. */
  readonly inputSteps: { readonly bytes?: Step; readonly floats: Step };
  /** Where the caller puts the input: bytes (H, W, C), or floats (H, W, C). */
  readonly staging: Region;
  readonly regions: readonly Region[];
  /** Bits of the signs that feed binary layers, by node. */
  readonly bitMaps: ReadonlyMap<number, BitMap>;
  readonly signPlanes: ReadonlyMap<number, SignPlanes>;
  readonly output: FloatMap;
}
