import { type Graph, type GraphNode, isBinary, type MapShape, type Pads, widerPads } from '@signwave/format';
import { BLOCK, NO_PADS, roundUp, SHARED_LANES, VECTOR_LANES } from '../kernels/filters.js';
import type { LutParameters, LutWork } from '../kernels/lut-parameters.js';
import type { Choice } from './choice.js';
import { consumersOf } from './fuse.js';
import type { BitMap, FloatMap, FloatPlanes, SignPlanes } from './maps.js';
import { behind, type Pointer, pointer, type Region } from './region.js';
import type { PlannedStep } from './step.js';

/** A region whose size is only known when everything is planned. */
type Growing = { -readonly [Field in keyof Region]: Region[Field] };

type TypedArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Float32Array | Int32Array | Uint32Array;

/** Whether the channels of each group of a convolution start at a whole byte, so that it can read a sign's bits without repacking. */
export function readsBytes(groups: number, channels: number): boolean {
  return groups === 1 || (channels / groups) % 8 === 0;
}

/**
 * What the kernels' rooms share while they plan: values in memory, regions and steps. Steps are added in the order of execution. Asking for
 * a map doesn't affect its lifetime, which only depends on the records of steps.
 */
export class PlanContext {
  readonly regions: Region[] = [];
  readonly steps: PlannedStep[] = [];
  /** Steps that run once, when the plan is placed and its constants are written. */
  readonly loadSteps: PlannedStep[] = [];
  readonly bitMaps = new Map<number, BitMap>();
  readonly signPlanes = new Map<number, SignPlanes>();
  readonly floatMaps = new Map<number, FloatMap>();
  readonly floatPlanes = new Map<number, FloatPlanes>();
  readonly #masks = new Map<string, Pointer>();
  readonly #scratch = new Map<string, Growing>();
  readonly #consumers: readonly (readonly number[])[];
  /** For each sign, the pads of all convolutions that read its planes. */
  readonly #signPads = new Map<number, Pads>();

  constructor(
    readonly graph: Graph,
    readonly shapes: readonly MapShape[],
    readonly simd: boolean,
    readonly choice: Choice,
    readonly threads: number,
    /** Finds the cheapest tables for a convolution, and remembers them. */
    readonly estimate: (work: LutWork) => LutParameters | undefined,
  ) {
    this.#consumers = consumersOf(graph);
    for (const { head } of choice.luts.keys()) {
      const node = this.node(head!);
      const sign = node.inputs[0]!;
      if (node.op === 'conv') this.#signPads.set(sign, widerPads(node.pads, this.#padsOf(sign)));
    }
  }

  #padsOf(sign: number): Pads {
    return this.#signPads.get(sign) ?? NO_PADS;
  }

  node(index: number): GraphNode {
    return this.graph.nodes[index]!;
  }

  /** Adds a region that holds these bytes from the start. */
  constant(data: TypedArray): Pointer {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return pointer(this.#add({ kind: 'constant', sizeBytes: bytes.length, data: bytes }));
  }

  /** Adds a region of bytes that only load steps read, so that other maps can take their memory afterwards. */
  loadData(data: Uint8Array): Pointer {
    return pointer(this.#add({ kind: 'map', sizeBytes: data.length, data }));
  }

  /** Adds a region that load steps write and that never changes afterwards. */
  made(sizeBytes: number): Pointer {
    return pointer(this.#add({ kind: 'constant', sizeBytes }));
  }

  /** Adds a region of zeros, which keeps what is written to it. */
  fixed(sizeBytes: number): Region {
    return this.#add({ kind: 'fixed', sizeBytes });
  }

  /** Gives memory that no step expects to hold anything: one region for each name, as large as the largest request. */
  scratch(name: string, sizeBytes: number): Pointer {
    const known = this.#scratch.get(name) ?? this.#add<Growing>({ kind: 'scratch', sizeBytes: 0 });
    this.#scratch.set(name, known);
    known.sizeBytes = Math.max(known.sizeBytes, sizeBytes);
    return pointer(known);
  }

  /** Adds a map for the floats of node `index`. `isFixed` says that elements which aren't written must stay zero. */
  newFloatMap(index: number, isFixed = false): FloatMap {
    const shape = this.shapes[index]!;
    const pixelBytes = roundUp(shape.channels, BLOCK) * 4;
    const sizeBytes = shape.height * shape.width * pixelBytes;
    const region = this.#add({ kind: isFixed ? 'fixed' : 'map', sizeBytes });
    const map = { region, shape, origin: pointer(region), rowBytes: shape.width * pixelBytes, pixelBytes };
    this.floatMaps.set(index, map);
    return map;
  }

  /** Makes `map` the map of node `index`, too, because it holds the same floats. */
  shareFloatMap(index: number, map: FloatMap): void {
    this.floatMaps.set(index, { ...map, shape: this.shapes[index]! });
  }

  floatMap(index: number): FloatMap {
    return known(this.floatMaps, index);
  }

  /** Adds a map for the bits of a sign, with the pads of all convolutions that read it in place. */
  newBitMap(sign: number): BitMap {
    const { channels } = this.shapes[sign]!;
    let pads = NO_PADS;
    for (const reader of this.#consumers[sign]!) {
      const node = this.node(reader);
      if (node.op !== 'conv' || !isBinary(this.graph, node) || !readsBytes(node.groups, channels)) continue;
      pads = widerPads(node.pads, pads);
    }
    const map = this.bitMapWithPads(this.shapes[sign]!, Math.ceil(channels / 8), pads);
    this.bitMaps.set(sign, map);
    return map;
  }

  bitMapWithPads(shape: MapShape, pixelBytes: number, pads: Pads): BitMap {
    const rowBytes = (pads.left + shape.width + pads.right) * pixelBytes;
    const region = this.fixed((pads.top + shape.height + pads.bottom) * rowBytes);
    return {
      region,
      shape,
      pixelBytes,
      rowBytes,
      origin: pointer(region, pads.top * rowBytes + pads.left * pixelBytes),
    };
  }

  bitMap(sign: number): BitMap {
    return known(this.bitMaps, sign);
  }

  /** Adds planes for the floats of node `index`, among those of the `concat` that reads them if they may lie there. `isFixed` says that elements which aren't written must stay zero. */
  newFloatPlanes(index: number, isFixed = false): FloatPlanes {
    const shape = this.shapes[index]!;
    const home = this.choice.grids.homes.get(index);
    if (home && !isFixed) {
      const whole = this.floatPlanes.get(home.concat) ?? this.newFloatPlanes(home.concat);
      const part = { ...whole, shape, origin: behind(whole.origin, home.channel * whole.planeBytes) };
      this.floatPlanes.set(index, part);
      return part;
    }
    const pitch = this.choice.grids.pitchOf(index);
    const planeBytes = roundUp(shape.height * pitch, VECTOR_LANES) * 4;
    const sizeBytes = shape.channels * planeBytes;
    const region = this.#add({ kind: isFixed ? 'fixed' : 'map', sizeBytes });
    const planes = { region, shape, origin: pointer(region), rowBytes: pitch * 4, pitch, planeBytes };
    this.floatPlanes.set(index, planes);
    return planes;
  }

  floatPlanesOf(index: number): FloatPlanes {
    return known(this.floatPlanes, index);
  }

  /** Adds planes for a sign, with the pads of all convolutions that read them. */
  newSignPlanes(sign: number): SignPlanes {
    const shape = this.shapes[sign]!;
    const pitch = this.choice.grids.pitchOf(sign);
    const pads = this.#padsOf(sign);
    // Threads that write neighbouring lanes should not share a cache line.
    const alignBytes = this.threads > 1 ? SHARED_LANES : 1;
    const start = roundUp(pads.top * pitch + pads.left, alignBytes);
    const written = roundUp(shape.height * pitch, VECTOR_LANES);
    const planeBytes = roundUp(
      start + Math.max(written, (shape.height + pads.bottom) * pitch + pads.right),
      alignBytes,
    );
    const region = this.fixed((shape.channels + 1) * planeBytes);
    const planes = { region, shape, origin: pointer(region, start), rowBytes: pitch, pitch, planeBytes };
    this.signPlanes.set(sign, planes);
    return planes;
  }

  signPlanesOf(sign: number): SignPlanes {
    return known(this.signPlanes, sign);
  }

  /** Gives the mask of a map's planes: i8 lanes, -1 for pixels and 0 between rows. */
  laneMask({ height, width }: MapShape, pitch: number): Pointer {
    const key = `${height} ${width} ${pitch}`;
    let mask = this.#masks.get(key);
    if (!mask) {
      const lanes = new Int8Array(roundUp(height * pitch, VECTOR_LANES));
      for (let y = 0; y < height; y++) lanes.fill(-1, y * pitch, y * pitch + width);
      mask = this.constant(lanes);
      this.#masks.set(key, mask);
    }
    return mask;
  }

  #add<Added extends Region>(region: Added): Added {
    this.regions.push(region);
    return region;
  }
}

function known<Value>(values: ReadonlyMap<number, Value>, index: number): Value {
  const value = values.get(index);
  if (!value) throw new Error(`node ${index} is planned out of order`);
  return value;
}
