import { type Graph, packBits, readModel, writeModel } from '@signwave/format';
import { argMax, summarize, Verification } from '@signwave/lab';
import { readNpy } from '@signwave/lab/node';
import { Reference } from '@signwave/reference';
import { load } from '@signwave/runtime';
import { beforeAll, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../shared.js';
import { type CifarImage, readCifarImages } from './cifar10.js';
import { convertAt } from './converted.js';
import { readGoldenBits } from './golden-bits.js';

const CLASSES = 10;
/** Number of images to compare with the reference, which takes 0.1 s for each; .ci/run compares all 1,000. */
const COMPARED_IMAGES = Number(process.env.SIGNWAVE_IMAGES ?? 40);
/** PyTorch's different order of sums may decide a sign differently within this distance of the threshold. */
const THRESHOLD_TOLERANCE = 1e-5;

describeWithShared('BiPer ResNet-20 for CIFAR-10, as its authors’ code trained it', () => {
  let images: CifarImage[];
  let golden: Float32Array;
  let file: Uint8Array;
  let graph: Graph;

  beforeAll(async () => {
    images = readCifarImages(sharedPath('data/cifar-10-batches-bin/test_batch.bin')!, 1000);
    const path = sharedPath('checkpoints/biper-resnet20-cifar10/golden_logits_first1000test.npy')!;
    golden = (await readNpy(path, { types: ['<f4'], shape: [1000, CLASSES] })).data;
    const { model } = await convertAt(sharedPath('checkpoints/biper-resnet20-cifar10/model_best.pth.tar')!);
    file = writeModel(model);
    ({ graph } = readModel(file));
  });

  test('becomes a file of at most 48,000 bytes, the same bytes each time', async () => {
    const again = await convertAt(sharedPath('checkpoints/biper-resnet20-cifar10/model_best.pth.tar')!);
    expect(Buffer.compare(writeModel(again.model), file)).toBe(0);
    expect(file.length).toBeLessThanOrEqual(48_000);
  });

  test('is accounted for byte by byte', () => {
    const { layers, headerBytes, paddingBytes, fileBytes } = summarize(readModel(file), file);
    const layerBytes = layers.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(layerBytes + headerBytes + paddingBytes).toBe(fileBytes);
    expect(fileBytes).toBe(file.length);
  });

  test('has PyTorch’s first class on at least 995 of 1,000 images', async () => {
    const model = await load(file);
    const same = images.filter(({ bytes }, i) => argMax(model.run(bytes)) === argMax(logitsOf(golden, i)));
    expect(same.length).toBeGreaterThanOrEqual(995);
  });

  test('differs from PyTorch’s bits only where a value lies within 1e-5 of its threshold', async () => {
    const bits = await readGoldenBits(sharedPath('checkpoints/biper-resnet20-cifar10/golden_bits_first100test.npz')!);
    const reference = new Reference(graph);
    const signs = graph.nodes.flatMap((node, index) =>
      node.op === 'conv' && bits.has(node.name!) ? [{ name: node.name!, sign: node.inputs[0]!, conv: index }] : [],
    );
    expect(signs.map(({ name }) => name)).toEqual([...bits.keys()]);
    let agreeing = 0;
    for (let n = 0; n < 100; n++) {
      const { maps } = reference.record(images[n]!.bytes);
      const first = signs.find(({ name, sign }) => differences(bits.get(name)!(n), maps[sign]!).length > 0);
      if (first) {
        // The first bit that differs has to be a near tie; later ones may follow from it.
        const operand = maps[graph.nodes[first.sign]!.inputs[0]!]!.data;
        for (const at of differences(bits.get(first.name)!(n), maps[first.sign]!)) {
          expect(Math.abs(operand[at]!), `image ${n}, ${first.name}, element ${at}`).toBeLessThan(THRESHOLD_TOLERANCE);
        }
        continue;
      }
      agreeing++;
      const logits = maps.at(-1)!.data;
      logitsOf(golden, n).forEach((value, c) => {
        expect(Math.abs(value - logits[c]!), `image ${n}, class ${c}`).toBeLessThan(1e-4);
      });
    }
    expect(agreeing).toBeGreaterThan(90);
  });

  test(`gives the reference’s bits at every binary layer on ${COMPARED_IMAGES} images, with SIMD and without`, {
    timeout: 15 * 60_000,
  }, async () => {
    const models = {
      simd: await load(file, { kernels: 'simd' }),
      scalar: await load(file, { kernels: 'scalar' }),
    };
    const verification = new Verification(readModel(file), models);
    for (const { bytes } of images.slice(0, COMPARED_IMAGES)) verification.check(bytes);
    expect(verification.layers).toHaveLength(18);
    for (const layer of verification.layers) {
      expect(layer.differing, layer.name).toEqual({ simd: 0, scalar: 0 });
      expect(layer.bits, layer.name).toBeGreaterThan(0);
    }
    expect(verification.differingOutputs).toEqual({ simd: 0, scalar: 0 });
  });

  test('has the bits and logits that a wrong omega0 doesn’t give', async () => {
    const path = sharedPath('checkpoints/biper-resnet20-cifar10/model_best.pth.tar')!;
    const other = await convertAt(path, 30);
    const model = await load(writeModel(other.model));
    const same = images
      .slice(0, 100)
      .filter(({ bytes }, i) => argMax(model.run(bytes)) === argMax(logitsOf(golden, i)));
    expect(same.length).toBeLessThan(90);
  });
});

test('a comparison that sees one flipped bit', () => {
  const data = Float32Array.of(1, -1, 1, 1, -1, -1, -1, 1);
  const torchBits = Uint8Array.of(0b10110001); // most significant first
  expect(differences(torchBits, { height: 1, width: 1, channels: 8, data })).toEqual([]);
  expect(differences(Uint8Array.of(0b00110001), { height: 1, width: 1, channels: 8, data })).toEqual([0]);
  expect(packBits(8, (i) => data[i]! > 0)).toEqual(Uint8Array.of(0b10001101));
});

function logitsOf(all: Float32Array, image: number): Float32Array {
  return all.subarray(image * CLASSES, (image + 1) * CLASSES);
}

/**
 * Finds the elements (height, width, channels) of a sign's output that differ from PyTorch's.
 *
 * @param torchBits `numpy.packbits(x >= 0)` in the order (channels, height, width), most significant bit first.
 */
function differences(
  torchBits: Uint8Array,
  map: { readonly height: number; readonly width: number; readonly channels: number; readonly data: Float32Array },
): number[] {
  const { height, width, channels, data } = map;
  const differing: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      const bit = c * height * width + pixel;
      const torchPlus = (torchBits[bit >> 3]! >> (7 - (bit & 7))) & 1;
      if ((data[pixel * channels + c]! > 0 ? 1 : 0) !== torchPlus) differing.push(pixel * channels + c);
    }
  }
  return differing;
}
