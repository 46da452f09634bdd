import { type ByteSource, SignwaveError } from '@signwave/format';
import { CAFFE_EPSILON, CAFFE_MODEL, type CaffeBlob, type CaffeLayer, readCaffeNet } from './caffe-layers.js';
import type { Checkpoint, StoredTensor } from './checkpoint.js';
import { DTYPES } from './dtypes.js';
import { MAX_STORAGE_BYTES } from './limits.js';
import { networkTensors, type PartOptions } from './network-tensors.js';
import { quote } from './quote.js';

/** What the blobs of each type of layer are, by the names of PyTorch's modules. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  Convolution: ['weight', 'bias'],
  InnerProduct: ['weight', 'bias'],
  Scale: ['weight', 'bias'],
  PReLU: ['weight'],
};
const BINARY = ['BinaryConvolution', 'BinaryInnerProduct'];

/**
 * Open what Caffe's `Snapshot` or `Net::ToProto` wrote. Each blob is a tensor with the name of its layer and its part: `conv1.weight`. What
 * makes a difference to how it is used makes one to its name:
 *
 *   latent           real weights that the layer makes binary when it runs, scaled; `unscaled` if it gives them no scale
 *   running_mean, running_var   of a batch norm, divided by the factor that Caffe keeps beside them
 *   eps              of a batch norm, if it isn't Caffe's default
 *   centers          the levels above 0 of a half-wave quantizer, which are settings of its layer
 *
 * @throws {SignwaveError} as `openCheckpoint`.
 */
export async function openCaffeModel(source: ByteSource, part: PartOptions): Promise<Checkpoint> {
  const { name: net, layers } = await readCaffeNet(source);
  const stored = new Map<string, StoredTensor>();
  for (const tensor of layers.flatMap((layer) => tensorsOf(layer, source))) {
    if (stored.has(tensor.name)) {
      throw new SignwaveError(
        'E_CHECKPOINT_STRUCTURE',
        `${source.name} is a damaged ${CAFFE_MODEL}: it has ${quote(tensor.name)} twice`,
      );
    }
    stored.set(tensor.name, tensor);
  }
  if (stored.size === 0) {
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${source.name} is a ${CAFFE_MODEL} of ${layers.length} layers without weights. Give the file that training wrote.`,
    );
  }
  const { tensors, notes } = networkTensors(stored, part, source.name);
  const metadata = new Map(net === '' ? [] : [['name', net]]);
  return { container: 'caffemodel', sourceName: source.name, tensors, metadata, skipped: notes };
}

function tensorsOf(layer: CaffeLayer, source: ByteSource): StoredTensor[] {
  const { name, type, blobs, centers, epsilon } = layer;
  const tensors = centers.length === 0 ? [] : [setting(`${name}.centers`, [centers.length], centers)];
  const [mean, variance, factor] = blobs;
  if (type === 'BatchNorm' && mean && variance && factor && isNumber(factor)) {
    tensors.push(divided(storedBlob(`${name}.running_mean`, mean, source), factor, source));
    tensors.push(divided(storedBlob(`${name}.running_var`, variance, source), factor, source));
    if (epsilon !== CAFFE_EPSILON) tensors.push(setting(`${name}.eps`, [], [epsilon]));
    return tensors;
  }
  const parts = partsOf(layer);
  return [...tensors, ...blobs.map((blob, i) => storedBlob(`${name}.${parts[i] ?? `blob${i}`}`, blob, source))];
}

function partsOf({ type, binarizes, scales }: CaffeLayer): readonly string[] {
  if (!BINARY.includes(type)) return PARTS[type] ?? [];
  return [binarizes ? (scales ? 'latent' : 'unscaled') : 'weight', 'bias'];
}

const isNumber = ({ shape }: CaffeBlob): boolean => shape.every((side) => side === 1);

function setting(name: string, shape: readonly number[], values: readonly number[]): StoredTensor {
  return { name, shape, dtype: 'f32', sizeBytes: 4 * values.length, readF32: async () => Float32Array.from(values) };
}

function storedBlob(
  name: string,
  { shape, dtype, startBytes, sizeBytes }: CaffeBlob,
  source: ByteSource,
): StoredTensor {
  if (sizeBytes > MAX_STORAGE_BYTES) {
    throw new SignwaveError(
      'E_CHECKPOINT_TENSOR',
      `${source.name}: tensor ${quote(name)} has ${sizeBytes} bytes, more than ${MAX_STORAGE_BYTES}`,
    );
  }
  const { sizeBytes: elementBytes, read } = DTYPES[dtype];
  return {
    name,
    shape,
    dtype,
    sizeBytes,
    async readF32() {
      const bytes = await source.read(startBytes, sizeBytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      return Float32Array.from({ length: sizeBytes / elementBytes }, (_, i) => read(view, i * elementBytes));
    },
  };
}

/** Caffe keeps decaying sums; its batch norm multiplies them with the float32 inverse of the sum of their weights, or with 0 if that is 0. */
function divided(tensor: StoredTensor, factor: CaffeBlob, source: ByteSource): StoredTensor {
  return {
    ...tensor,
    async readF32() {
      const [weight = 0] = await storedBlob(`${tensor.name} (its factor)`, factor, source).readF32();
      const inverse = weight === 0 ? 0 : Math.fround(1 / weight);
      return (await tensor.readF32()).map((value) => value * inverse);
    },
  };
}
