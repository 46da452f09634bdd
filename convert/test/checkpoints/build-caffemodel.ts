// build-caffemodel.ts — a writer of Caffe models, for tests: convert/src/checkpoints/caffe-layers.ts has the fields' numbers.

import { MessageWriter } from '../../src/onnx/protobuf.js';
import type { FloatTensor } from './build-safetensors.js';

export interface CaffeLayerSpec {
  readonly name: string;
  readonly type: string;
  readonly blobs?: readonly FloatTensor[];
  /** Fields with options, by their numbers in a layer: batch_norm_param is 139. */
  readonly options?: Readonly<Record<number, Uint8Array>>;
}

export function caffeModel(layers: readonly CaffeLayerSpec[], name = 'net'): Uint8Array {
  const net = new MessageWriter().string(1, name);
  for (const layer of layers) net.bytes(100, caffeLayer(layer));
  return net.finish();
}

function caffeLayer({ name, type, blobs = [], options = {} }: CaffeLayerSpec): Uint8Array {
  const layer = new MessageWriter().string(1, name).string(2, type);
  for (const { shape, values } of blobs) {
    layer.bytes(
      7,
      caffeBlob(packedVarints(shape), new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    );
  }
  for (const [field, value] of Object.entries(options)) layer.bytes(Number(field), value);
  return layer.finish();
}

/** @param dims of the shape, packed. @param data floats, little-endian. */
export function caffeBlob(dims: Uint8Array, data: Uint8Array): Uint8Array {
  const shape = new MessageWriter().bytes(1, dims).finish();
  return new MessageWriter().bytes(5, data).bytes(7, shape).finish();
}

export function packedVarints(values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

export const useAlpha = new MessageWriter().int(1, 1).finish();
export const halfWaveLevels = (...centers: number[]): Uint8Array => {
  const quantizer = new MessageWriter().string(1, 'hwgq');
  for (const center of centers) quantizer.float(6, center);
  return quantizer.finish();
};

/**
 * The Caffe model that has the tensors of an HWGQ network, by the names under which `openCheckpoint` gives them. Batch norms get a factor
 * other than 1.
 */
export function hwgqModel(state: ReadonlyMap<string, FloatTensor>): Uint8Array {
  const layers = new Map<string, Map<string, FloatTensor>>();
  for (const [tensor, value] of state) {
    const dot = tensor.lastIndexOf('.');
    const layer = tensor.slice(0, dot);
    layers.set(layer, (layers.get(layer) ?? new Map()).set(tensor.slice(dot + 1), value));
  }
  return caffeModel([...layers].map(([name, parts]) => layerOf(name, parts)));
}

const FACTOR = 4;

function layerOf(name: string, parts: ReadonlyMap<string, FloatTensor>): CaffeLayerSpec {
  const [latent, centers] = [parts.get('latent'), parts.get('centers')];
  if (centers) return { name, type: 'Quant', options: { 149: halfWaveLevels(...centers.values) } };
  if (latent) {
    const isFlat = latent.shape.length === 2;
    const type = isFlat ? 'BinaryInnerProduct' : 'BinaryConvolution';
    return { name, type, blobs: [latent], options: { [isFlat ? 148 : 147]: useAlpha } };
  }
  if (parts.has('running_var')) {
    const blobs = ['running_mean', 'running_var'].map((part) => {
      const { shape, values } = parts.get(part)!;
      return { shape, values: values.map((value) => value * FACTOR) };
    });
    return { name, type: 'BatchNorm', blobs: [...blobs, { shape: [1], values: Float32Array.of(FACTOR) }] };
  }
  const weight = parts.get('weight')!;
  const type = { 4: 'Convolution', 2: 'InnerProduct', 1: 'Scale' }[weight.shape.length]!;
  return { name, type, blobs: [...parts.values()] };
}
