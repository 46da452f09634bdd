import type { Pointer } from './regions.js';

/**
 * The argument records of the kernels: field names in the order of `runtime/assembly/records.ts`, 4 bytes each.
 * A test compares the two files, so they can't drift.
 */
export const RECORD_FIELDS = {
  Epilogue: [
    'columns',
    'blocks',
    'scale',
    'bias',
    'addend',
    'lo',
    'hi',
    'output',
    'bits',
    'bitsRowBytes',
    'bitsPixelBytes',
    'thresholds',
    'sumThresholds',
    'flips',
  ],
  Conv: [
    'input',
    'strideRowBytes',
    'stridePixelBytes',
    'tapRowBytes',
    'tapPixelBytes',
    'kernelRows',
    'kernelColumns',
    'tapBytes',
    'rows',
    'columns',
    'groups',
    'groupBytes',
    'groupFilters',
    'weights',
    'groupWeightBytes',
    'patches',
    'depthBytes',
    'sums',
    'sumsPixelBytes',
    'stripRows',
    'bases',
    'rowBases',
    'columnBases',
    'epilogue',
  ],
  Elementwise: ['input', 'rows', 'epilogue'],
  Pool: [
    'input',
    'height',
    'width',
    'pixelBytes',
    'output',
    'rows',
    'columns',
    'windowHeight',
    'windowWidth',
    'strideHeight',
    'strideWidth',
    'padTop',
    'padLeft',
    'countTop',
    'countLeft',
    'countBottom',
    'countRight',
  ],
  Copy: [
    'input',
    'inputRowBytes',
    'inputPixelBytes',
    'output',
    'outputRowBytes',
    'outputPixelBytes',
    'rows',
    'columns',
    'channels',
  ],
  ByteInput: ['input', 'output', 'outputPixelBytes', 'pixels', 'channels', 'tables'],
  MapArguments: [
    'input',
    'output',
    'pixelBytes',
    'rows',
    'columns',
    'channels',
    'first',
    'second',
    'rowOffsets',
    'columnOffsets',
    'option',
  ],
  Regroup: [
    'input',
    'inputRowBytes',
    'inputPixelBytes',
    'output',
    'outputRowBytes',
    'outputPixelBytes',
    'rows',
    'columns',
    'groups',
    'groupChannels',
    'groupBytes',
  ],
  PlaneEpilogue: [
    'scale',
    'bias',
    'addend',
    'addendPlaneBytes',
    'lo',
    'hi',
    'output',
    'outputPlaneBytes',
    'signs',
    'signsPlaneBytes',
    'mask',
    'thresholds',
    'sumThresholds',
    'flips',
  ],
  LutConv: [
    'input',
    'planes',
    'streams',
    'groups',
    'groupFilters',
    'tableChannels',
    'blocks',
    'blockTables',
    'blockLookups',
    'lastTables',
    'lastLookups',
    'tables',
    'rowBytes',
    'vectors',
    'chunks',
    'stripChunks',
    'lanes',
    'sums',
    'wideSums',
    'epilogue',
  ],
  LutExpand: [
    'weights',
    'groups',
    'groupFilters',
    'groupChannels',
    'taps',
    'tableChannels',
    'tableGroups',
    'blockGroups',
    'rowBytes',
    'places',
    'streams',
    'rows',
    'adds',
    'starts',
  ],
  PlaneConv: [
    'input',
    'taps',
    'tapCount',
    'groups',
    'groupBytes',
    'groupFilters',
    'weights',
    'groupWeightBytes',
    'lanes',
    'stripLanes',
    'stripStep',
    'sums',
    'epilogue',
  ],
  PlaneElementwise: ['input', 'inputPlaneBytes', 'channels', 'lanes', 'epilogue'],
  PlanePool: [
    'input',
    'inputPlaneBytes',
    'inputRowBytes',
    'height',
    'width',
    'output',
    'outputPlaneBytes',
    'outputRowBytes',
    'channels',
    'rows',
    'columns',
    'windowHeight',
    'windowWidth',
    'strideHeight',
    'strideWidth',
    'padTop',
    'padLeft',
    'countTop',
    'countLeft',
    'countBottom',
    'countRight',
  ],
  CopyPlanes: [
    'input',
    'inputPlaneBytes',
    'inputRowBytes',
    'columnStep',
    'output',
    'outputPlaneBytes',
    'outputRowBytes',
    'planes',
    'rows',
    'columns',
  ],
  Relayout: [
    'planes',
    'planeBytes',
    'planeRowBytes',
    'pixels',
    'pixelsRowBytes',
    'pixelBytes',
    'rows',
    'columns',
    'channels',
    'tables',
  ],
  PairPlanes: [
    'input',
    'inputPlaneBytes',
    'inputRowBytes',
    'width',
    'padLeft',
    'stride',
    'row',
    'output',
    'outputPlaneBytes',
    'outputRowBytes',
    'planes',
    'rows',
    'columns',
  ],
} as const;

export type RecordName = keyof typeof RECORD_FIELDS;

/** Fields that hold an f32; all others are 32-bit integers or addresses. */
const FLOAT_FIELDS: ReadonlySet<string> = new Set(['lo', 'hi']);

/** A record before its addresses are known. Fields left out are 0. */
export type RecordValues<Name extends RecordName> = {
  readonly [Field in (typeof RECORD_FIELDS)[Name][number]]?: number | Pointer;
};

export interface KernelRecord<Name extends RecordName = RecordName> {
  readonly name: Name;
  readonly values: RecordValues<Name>;
}

/** The kernels of maps of pixels, which both builds have, and the record that each takes. */
export const PIXEL_KERNELS = {
  convBits: 'Conv',
  convFloat: 'Conv',
  convInteger: 'Conv',
  elementwise: 'Elementwise',
  maxPool: 'Pool',
  avgPool: 'Pool',
  copyPixels: 'Copy',
  byteInput: 'ByteInput',
  prelu: 'MapArguments',
  borderBias: 'MapArguments',
  signMap: 'MapArguments',
  sampleMean: 'MapArguments',
  softmax: 'MapArguments',
  regroupBits: 'Regroup',
} as const satisfies Readonly<Record<string, RecordName>>;

/** The kernels of maps of planes, which only the SIMD build has. */
const PLANE_KERNELS = {
  convLut: 'LutConv',
  convFloatLut: 'LutConv',
  expandLut: 'LutExpand',
  convPlanes: 'PlaneConv',
  convPairs: 'PlaneConv',
  pairPlanes: 'PairPlanes',
  elementwisePlanes: 'PlaneElementwise',
  maxPoolPlanes: 'PlanePool',
  avgPoolPlanes: 'PlanePool',
  globalAvgPlanes: 'Relayout',
  copyFloatPlanes: 'CopyPlanes',
  copySignPlanes: 'CopyPlanes',
  planesToPixels: 'Relayout',
  pixelsToPlanes: 'Relayout',
  signsToBits: 'Relayout',
  bitsToSigns: 'Relayout',
  byteInputPlanes: 'Relayout',
} as const satisfies Readonly<Record<string, RecordName>>;

export const KERNEL_RECORDS = { ...PIXEL_KERNELS, ...PLANE_KERNELS };

export type KernelName = keyof typeof KERNEL_RECORDS;

export function recordBytes(name: RecordName): number {
  return RECORD_FIELDS[name].length * 4;
}

/** Write a record at `address`. */
export function writeRecord(
  memory: DataView,
  address: number,
  record: KernelRecord,
  addressOf: (pointer: Pointer) => number,
): void {
  const values = record.values as Readonly<Record<string, number | Pointer | undefined>>;
  RECORD_FIELDS[record.name].forEach((field, index) => {
    const value = values[field] ?? 0;
    const at = address + index * 4;
    if (typeof value === 'object') memory.setUint32(at, addressOf(value), true);
    else if (FLOAT_FIELDS.has(field)) memory.setFloat32(at, value, true);
    else memory.setInt32(at, value, true);
  });
}
