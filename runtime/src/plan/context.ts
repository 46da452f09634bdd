import { type Graph, type GraphNode, isBinary, type MapShape, type Pads } from '@signwave/format';
import { BLOCK, roundUp, SHARED_LANES, VECTOR_LANES } from './filters.js';
import { consumersOf } from './fusion.js';
import type { Layouts } from './layouts.js';
import type { LutParameters, LutWork } from './lut-parameters.js';
import type { BitMap, FloatMap, FloatPlanes, SignPlanes, Step } from './plan.js';
import { type Pointer, pointer, type Region } from './regions.js';

const NO_PADS: Pads = { top: 0, left: 0, bottom: 0, right: 0 };

type TypedArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Float32Array | Int32Array | Uint32Array;

/** Whether each group of a convolution's channels starts at a whole byte, so that it reads a sign's bits as they are. */
export function readsBytes(groups: number, channels: number): boolean {
  return groups === 1 || (channels / groups) % 8 === 0;
}

/** What a planner knows and collects: values in memory, regions and steps. Steps are added in the order of execution. */
export class PlanContext {
  readonly regions: Region[] = [];
  readonly steps: Step[] = [];
  /** Run once, when all regions have their addresses and data. */
  readonly loadSteps: Step[] = [];
  readonly bitMaps = new Map<number, BitMap>();
  readonly signPlanes = new Map<number, SignPlanes>();
  readonly #floatPlanes = new Map<number, FloatPlanes>();
  readonly #masks = new Map<string, Pointer>();
  readonly #floatMaps = new Map<number, FloatMap>();
  readonly #scratch = new Map<string, Region>();
  readonly #ownRegions = new Map<Region, Region[]>();
  readonly #consumers: readonly (readonly number[])[];

  constructor(
    readonly graph: Graph,
    readonly shapes: readonly MapShape[],
    readonly simd: boolean,
    readonly layouts: Layouts,
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
    const region: Region = { kind: 'map', sizeBytes: data.length, data, firstStep: -1, lastStep: -1, address: 0 };
    this.regions.push(region);
    return pointer(region);
  }

  /** Room for what the load steps make, and nobody changes after. */
  made(sizeBytes: number): Pointer {
    return pointer(this.#add({ kind: 'constant', sizeBytes }));
  }

  /** A region like `region`, for `part` of each divided step that can't share it. */
  ownRegion(region: Region, part: number): Region {
    const known = this.#ownRegions.get(region) ?? [];
    this.#ownRegions.set(region, known);
    known[part] ??= this.#add({ kind: region.kind, sizeBytes: region.sizeBytes });
    return known[part];
  }

  /** A region of zeros that keeps what is written to it. */
  fixed(sizeBytes: number): Region {
    return this.#add({ kind: 'fixed', sizeBytes });
  }

  /** Room that no step expects anything in; one region for each name, as large as the largest wish. */
  scratch(name: string, sizeBytes: number): Pointer {
    const known = this.#scratch.get(name) ?? this.#add({ kind: 'scratch', sizeBytes: 0 });
    this.#scratch.set(name, known);
    known.sizeBytes = Math.max(known.sizeBytes, sizeBytes);
    return pointer(known);
  }

  /** A map for the floats of `index`, written by the next step. `isFixed` if what isn't written has to stay zero. */
  newFloatMap(index: number, isFixed = false): FloatMap {
    const shape = this.shapes[index]!;
    const pixelBytes = roundUp(shape.channels, BLOCK) * 4;
    const sizeBytes = shape.height * shape.width * pixelBytes;
    const region = isFixed ? this.fixed(sizeBytes) : this.#add({ kind: 'map', sizeBytes });
    const map = { region, shape, pixelBytes };
    this.#floatMaps.set(index, map);
    return map;
  }

  /** Let `index` have the floats that lie in `map` already. */
  shareFloatMap(index: number, map: FloatMap): void {
    this.#floatMaps.set(index, { ...map, shape: this.shapes[index]! });
  }

  /** The floats of `index`, read by the next step. */
  readFloatMap(index: number): FloatMap {
    const map = this.#floatMaps.get(index);
    if (!map) throw new Error(`planned out of order: node ${index} has no floats yet`);
    map.region.lastStep = Math.max(map.region.lastStep, this.steps.length);
    return map;
  }

  /** A map for the bits of a sign, with the pads of all convolutions that read it in place. */
  newBitMap(sign: number): BitMap {
    const { channels } = this.shapes[sign]!;
    const pads = { ...NO_PADS };
    for (const reader of this.#consumers[sign]!) {
      const node = this.node(reader);
      if (node.op !== 'conv' || !isBinary(this.graph, node) || !readsBytes(node.groups, channels)) continue;
      for (const side of ['top', 'left', 'bottom', 'right'] as const)
        pads[side] = Math.max(pads[side], node.pads[side]);
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

  hasFloatMap(index: number): boolean {
    return this.#floatMaps.has(index);
  }

  hasFloatPlanes(index: number): boolean {
    return this.#floatPlanes.has(index);
  }

  /** Planes for the floats of `index`, written by the next step. `isFixed` if what isn't written has to stay zero. */
  newFloatPlanes(index: number, isFixed = false): FloatPlanes {
    const shape = this.shapes[index]!;
    const pitch = this.layouts.grids.pitchOf(index);
    const planeBytes = roundUp(shape.height * pitch, VECTOR_LANES) * 4;
    const sizeBytes = shape.channels * planeBytes;
    const region = isFixed ? this.fixed(sizeBytes) : this.#add({ kind: 'map', sizeBytes });
    const planes = { region, shape, pitch, planeBytes };
    this.#floatPlanes.set(index, planes);
    return planes;
  }

  /** The float planes of `index`, read by the next step. */
  readFloatPlanes(index: number): FloatPlanes {
    const planes = this.#floatPlanes.get(index);
    if (!planes) throw new Error(`planned out of order: node ${index} has no planes yet`);
    planes.region.lastStep = Math.max(planes.region.lastStep, this.steps.length);
    return planes;
  }

  /** Planes for a sign, with the pads of all convolutions that read them. */
  newSignPlanes(sign: number): SignPlanes {
    const shape = this.shapes[sign]!;
    const pitch = this.layouts.grids.pitchOf(sign);
    const pads = { ...NO_PADS };
    for (const { head } of this.layouts.luts.keys()) {
      const node = this.node(head!);
      if (node.op !== 'conv' || node.inputs[0] !== sign) continue;
      for (const side of ['top', 'left', 'bottom', 'right'] as const)
        pads[side] = Math.max(pads[side], node.pads[side]);
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
    const planes = { region, shape, pitch, planeBytes, origin: pointer(region, start) };
    this.signPlanes.set(sign, planes);
    return planes;
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

  bitMap(sign: number): BitMap {
    const map = this.bitMaps.get(sign);
    if (!map) throw new Error(`planned out of order: sign ${sign} has no bits yet`);
    return map;
  }

  #add(region: Pick<Region, 'kind' | 'sizeBytes' | 'data'>): Region {
    const placed = { ...region, firstStep: this.steps.length, lastStep: this.steps.length, address: 0 };
    this.regions.push(placed);
    return placed;
  }
}
