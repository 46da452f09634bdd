import { type Graph, type GraphNode, isBinary, type MapShape, type Pads } from '@signwave/format';
import { BLOCK, roundUp, SHARED_LANES, VECTOR_LANES } from '../kernels/filters.js';
import type { LutParameters, LutWork } from '../kernels/lut-parameters.js';
import type { Choice } from './choice.js';
import { consumersOf } from './fuse.js';
import type { BitMap, FloatMap, FloatPlanes, SignPlanes } from './maps.js';
import { type Pointer, pointer, type Region } from './region.js';
import type { PlannedStep } from './step.js';

const NO_PADS: Pads = { top: 0, left: 0, bottom: 0, right: 0 };

/** A region that has its size only when all is planned. */
type Growing = { -readonly [Field in keyof Region]: Region[Field] };

type TypedArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Float32Array | Int32Array | Uint32Array;

/** Whether each group of a convolution's channels starts at a whole byte, so that it reads a sign's bits as they are. */
export function readsBytes(groups: number, channels: number): boolean {
  return groups === 1 || (channels / groups) % 8 === 0;
}

/**
 * What the rooms of kernels know and collect: values in memory, regions and steps. Steps are added in the order of execution. To ask for a
 * map has no effect on how long it lives: what steps declare decides that.
 */
export class PlanContext {
  readonly regions: Region[] = [];
  readonly steps: PlannedStep[] = [];
  /** Run once, when all regions have their addresses and data. */
  readonly loadSteps: PlannedStep[] = [];
  readonly bitMaps = new Map<number, BitMap>();
  readonly signPlanes = new Map<number, SignPlanes>();
  readonly floatMaps = new Map<number, FloatMap>();
  readonly floatPlanes = new Map<number, FloatPlanes>();
  readonly #masks = new Map<string, Pointer>();
  readonly #scratch = new Map<string, Growing>();
  readonly #consumers: readonly (readonly number[])[];

  constructor(
    readonly graph: Graph,
    readonly shapes: readonly MapShape[],
    readonly simd: boolean,
    readonly choice: Choice,
    readonly threads: number,
    /** The cheapest tables for a convolution; remembers. */
    readonly estimate: (work: LutWork) => LutParameters | undefined,
  ) {
    this.#consumers = consumersOf(graph);
  }

  node(index: number): GraphNode {
    return this.graph.nodes[index]!;
  }

  /** A region that holds these bytes from the start. */
  constant(data: TypedArray): Pointer {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return pointer(this.#add({ kind: 'constant', sizeBytes: bytes.length, data: bytes }));
  }

  /** Bytes that only the load steps read: maps lie in the same memory later. */
  loadData(data: Uint8Array): Pointer {
    return pointer(this.#add({ kind: 'map', sizeBytes: data.length, data }));
  }

  /** Room for what the load steps make, and nobody changes after. */
  made(sizeBytes: number): Pointer {
    return pointer(this.#add({ kind: 'constant', sizeBytes }));
  }

  /** A region of zeros that keeps what is written to it. */
  fixed(sizeBytes: number): Region {
    return this.#add({ kind: 'fixed', sizeBytes });
  }

  /** Room that no step expects anything in; one region for each name, as large as the largest wish. */
  scratch(name: string, sizeBytes: number): Pointer {
    const known = this.#scratch.get(name) ?? this.#add<Growing>({ kind: 'scratch', sizeBytes: 0 });
    this.#scratch.set(name, known);
    known.sizeBytes = Math.max(known.sizeBytes, sizeBytes);
    return pointer(known);
  }

  /** A map for the floats of `index`. `isFixed` if what isn't written has to stay zero. */
  newFloatMap(index: number, isFixed = false): FloatMap {
    const shape = this.shapes[index]!;
    const pixelBytes = roundUp(shape.channels, BLOCK) * 4;
    const sizeBytes = shape.height * shape.width * pixelBytes;
    const region = this.#add({ kind: isFixed ? 'fixed' : 'map', sizeBytes });
    const map = { region, shape, origin: pointer(region), rowBytes: shape.width * pixelBytes, pixelBytes };
    this.floatMaps.set(index, map);
    return map;
  }

  /** Let `index` have the floats that lie in `map` already. */
  shareFloatMap(index: number, map: FloatMap): void {
    this.floatMaps.set(index, { ...map, shape: this.shapes[index]! });
  }

  floatMap(index: number): FloatMap {
    return known(this.floatMaps, index);
  }

  /** A map for the bits of a sign, with the pads of all convolutions that read it in place. */
  newBitMap(sign: number): BitMap {
    const { channels } = this.shapes[sign]!;
    const pads = { ...NO_PADS };
    for (const reader of this.#consumers[sign]!) {
      const node = this.node(reader);
      if (node.op !== 'conv' || !isBinary(this.graph, node) || !readsBytes(node.groups, channels)) continue;
      widen(pads, node.pads);
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

  /** Planes for the floats of `index`. `isFixed` if what isn't written has to stay zero. */
  newFloatPlanes(index: number, isFixed = false): FloatPlanes {
    const shape = this.shapes[index]!;
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

  /** Planes for a sign, with the pads of all convolutions that read them. */
  newSignPlanes(sign: number): SignPlanes {
    const shape = this.shapes[sign]!;
    const pitch = this.choice.grids.pitchOf(sign);
    const pads = { ...NO_PADS };
    for (const { head } of this.choice.luts.keys()) {
      const node = this.node(head!);
      if (node.op === 'conv' && node.inputs[0] === sign) widen(pads, node.pads);
    }
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

  /** i8 lanes of a map's planes: -1 for its pixels, 0 between rows. */
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
  if (!value) throw new Error(`planned out of order: node ${index} is not in memory yet`);
  return value;
}

function widen(pads: { -readonly [Side in keyof Pads]: Pads[Side] }, by: Pads): void {
  for (const side of ['top', 'left', 'bottom', 'right'] as const) pads[side] = Math.max(pads[side], by[side]);
}
