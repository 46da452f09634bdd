import type { ByteSource } from '@signwave/format';
import { MAX_AXES, MAX_LAYER_NAME_BYTES, MAX_LEVELS, MAX_TENSORS } from './limits.js';
import { ProtobufCursor, type ProtobufField } from './protobuf-cursor.js';
import { quote } from './quote.js';

// caffe-layers.ts — the layers of a .caffemodel, as src/caffe/proto/caffe.proto of github.com/zhaoweicai/hwgq describes them: Caffe's own
// messages, and three for quantized layers. Only the fields named here are looked at.
//
//   NetParameter       1 name, 2 layers (before 2015), 100 layer
//   LayerParameter     1 name, 2 type, 7 blobs, 139 batch_norm_param, 147 binary_convolution_param,
//                      148 binary_inner_product_param, 149 quant_param
//   BlobProto          5 data (floats), 7 shape, 8 double_data
//   BlobShape          1 dim
//   BatchNormParameter 3 eps
//   Binary...Parameter 1 use_alpha, 2 use_binarization
//   QuantParameter     1 forward_func, 4 negative_slope, 6 centers

/** A blob, whose values stay in the file. */
export interface CaffeBlob {
  readonly shape: readonly number[];
  readonly dtype: 'f32' | 'f64';
  readonly startBytes: number;
  readonly sizeBytes: number;
}

export interface CaffeLayer {
  readonly name: string;
  /** `Convolution`, `BatchNorm` ... */
  readonly type: string;
  readonly blobs: readonly CaffeBlob[];
  /** What a batch norm adds to the variance. */
  readonly epsilon: number;
  /** Of a layer with binary weights: whether they are made binary when it runs, and whether they get a scale then. */
  readonly binarizes: boolean;
  readonly scales: boolean;
  /** The levels above 0 of a half-wave quantizer; empty for other layers. */
  readonly centers: readonly number[];
}

export interface CaffeNet {
  readonly name: string;
  readonly layers: readonly CaffeLayer[];
}

export const CAFFE_MODEL = 'Caffe model (.caffemodel)';
/** Caffe's default. */
export const CAFFE_EPSILON = Math.fround(1e-5);

const BEFORE_2015 = 'of before 2015: write it anew with Caffe’s upgrade_net_proto_binary, and convert what that writes';

type Writable<T> = { -readonly [P in keyof T]: T[P] };

/** Reads all layers. @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE`, `E_IO`. */
export async function readCaffeNet(source: ByteSource): Promise<CaffeNet> {
  const cursor = new ProtobufCursor(source, CAFFE_MODEL);
  const layers: CaffeLayer[] = [];
  let name = '';
  let blobs = 0;
  await cursor.eachField({ startBytes: 0, endBytes: source.sizeBytes }, async (field) => {
    if (field.number === 1) name = await text(cursor, field);
    if (field.number === 2) {
      cursor.refuse(BEFORE_2015);
    }
    if (field.number !== 100) return;
    const layer = await readLayer(cursor, message(cursor, field));
    layers.push(layer);
    blobs += layer.blobs.length;
    if (layers.length > MAX_TENSORS || blobs > MAX_TENSORS) {
      cursor.fail(`it has more than ${MAX_TENSORS} layers or blobs`);
    }
  });
  return { name, layers };
}

async function readLayer(cursor: ProtobufCursor, layer: ProtobufField): Promise<CaffeLayer> {
  const blobs: CaffeBlob[] = [];
  const read: Writable<CaffeLayer> = {
    name: '',
    type: '',
    blobs,
    epsilon: CAFFE_EPSILON,
    binarizes: true,
    scales: false,
    centers: [],
  };
  await cursor.eachField(layer, async (field) => {
    switch (field.number) {
      case 1:
        read.name = await text(cursor, field);
        break;
      case 2:
        read.type = await text(cursor, field);
        break;
      case 7:
        if (blobs.length === MAX_TENSORS) cursor.fail(`it has more than ${MAX_TENSORS} blobs`);
        blobs.push(await readBlob(cursor, message(cursor, field), read.name));
        break;
      case 139:
        await cursor.eachField(message(cursor, field), async (option) => {
          if (option.number === 3) read.epsilon = await float(cursor, option);
        });
        break;
      case 147:
      case 148:
        await cursor.eachField(message(cursor, field), async (option) => {
          if (option.number === 1) read.scales = await flag(cursor, option);
          if (option.number === 2) read.binarizes = await flag(cursor, option);
        });
        break;
      case 149:
        read.centers = await readCenters(cursor, message(cursor, field));
    }
  });
  return read;
}

/** The levels of a quantizer whose lowest is 0. Other quantizers have none. */
async function readCenters(cursor: ProtobufCursor, quantizer: ProtobufField): Promise<readonly number[]> {
  const centers: number[] = [];
  let isHalfWave = true;
  await cursor.eachField(quantizer, async (option) => {
    if (option.number === 1) isHalfWave &&= (await text(cursor, option)) === 'hwgq';
    if (option.number === 4) isHalfWave &&= (await float(cursor, option)) === 0;
    if (option.number !== 6) return;
    centers.push(...(await cursor.floats(option, MAX_LEVELS)));
    if (centers.length > MAX_LEVELS) cursor.fail(`a quantizer has more than ${MAX_LEVELS} levels`);
  });
  return isHalfWave ? centers : [];
}

async function readBlob(cursor: ProtobufCursor, blob: ProtobufField, layer: string): Promise<CaffeBlob> {
  const fail = (what: string): never => cursor.fail(`a blob of the layer ${quote(layer)} ${what}`);
  let shape: readonly number[] | undefined;
  let data: ProtobufField | undefined;
  await cursor.eachField(blob, async (field) => {
    if (field.number === 7) {
      const dims: number[] = [];
      await cursor.eachField(message(cursor, field), async (dim) => {
        if (dim.number === 1) dims.push(...(await cursor.varints(dim, MAX_AXES)));
        if (dims.length > MAX_AXES) fail(`has more than ${MAX_AXES} axes`);
      });
      shape = dims;
    }
    if (field.number !== 5 && field.number !== 8) return;
    if (data || field.wire !== 2) fail('has its values in several pieces, which Caffe doesn’t write');
    data = field;
  });
  if (!shape) return cursor.refuse(BEFORE_2015);
  const isWhole = shape.every((side) => side <= Number.MAX_SAFE_INTEGER);
  if (!isWhole) return fail('has a side that is negative or too long');
  const dtype = data?.number === 8 ? 'f64' : 'f32';
  const elements = shape.includes(0) ? 0 : shape.reduce((product, side) => product * side, 1);
  const needed = elements * (dtype === 'f64' ? 8 : 4);
  const [startBytes, sizeBytes] = data ? [data.startBytes, data.endBytes - data.startBytes] : [0, 0];
  if (sizeBytes !== needed) return fail(`of shape (${shape.join(', ')}) needs ${needed} bytes, but has ${sizeBytes}`);
  return { shape, dtype, startBytes, sizeBytes };
}

function message(cursor: ProtobufCursor, field: ProtobufField): ProtobufField {
  return field.wire === 2 ? field : cursor.fail(`field ${field.number} at byte ${field.startBytes} is no message`);
}

async function text(cursor: ProtobufCursor, field: ProtobufField): Promise<string> {
  return new TextDecoder().decode(await cursor.bytes(message(cursor, field), MAX_LAYER_NAME_BYTES));
}

async function float(cursor: ProtobufCursor, field: ProtobufField): Promise<number> {
  return (await cursor.floats(field, 1))[0] ?? cursor.fail('a number is missing');
}

async function flag(cursor: ProtobufCursor, field: ProtobufField): Promise<boolean> {
  return (await cursor.varints(field, 1))[0] === 1;
}
