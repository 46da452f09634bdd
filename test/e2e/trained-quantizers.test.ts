import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type InputNode, type Model as ModelFile, tensorValues } from '@signwave/format';
import { openImageSample } from '@signwave/lab/node';
import { Reference } from '@signwave/reference';
import { prepareImage } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../trainer/src/backends/choose-backend.js';
import { readCheckpoint, restoreNetwork } from '../../trainer/src/checkpoint/training-state.js';
import { ACTIVATION_QUANTIZER_NAMES, WEIGHT_QUANTIZER_NAMES } from '../../trainer/src/methods/index.js';
import { createNetwork } from '../../trainer/src/models/index.js';
import { seededRandom } from '../../trainer/src/random.js';
import { temporaryFolder } from '../cli/signwave.js';
import { differingBits } from './agreement.js';
import { convertAt } from './converted.js';
import { packedConfusion, trainAndConvert } from './trained.js';

const DATA = 'examples/fashion-mnist';
const TEST_IMAGES = 100;
/** Number of images to compare with the reference layer by layer, which is slow. */
const COMPARED_IMAGES = 3;
/** No differing bits, for activation quantizers that don't have one sign for each of the six binary layers. */
const NO_DIFFERENCE: Readonly<Record<string, readonly number[]>> = {
  identity: [],
  dorefa: new Array(18).fill(0),
  hwgq: new Array(18).fill(0),
};
const ALL = process.env.SIGNWAVE_FULL === '1';

const weights = WEIGHT_QUANTIZER_NAMES;
const activations = ACTIVATION_QUANTIZER_NAMES;
const pairs = weights.flatMap((w, i) =>
  // A short run takes each weight quantizer once and each activation quantizer at least once.
  activations.filter((_, j) => ALL || j === i % activations.length).map((a) => [w, a] as const),
);
if (!ALL)
  console.warn(
    `${pairs.length} pairs of quantizers of ${weights.length * activations.length}: SIGNWAVE_FULL=1 tries all`,
  );

const folder = temporaryFolder();

describe('one epoch of the demo network with quantizers', () => {
  test.each(pairs)('%s and %s is packed bit for bit, and right on the same images', async (w, a) => {
    const { checkpoint, evaluation, file, model } = await trainAndConvert(
      {
        architecture: 'demo_1w1a',
        quantizers: { weights: w, activations: a },
        stages: {
          // With statistics of SLB's soft weights, its hard ones would amplify float noise.
          '2': {
            epochs: 1,
            firstEpoch: 0,
            warmUpEpochs: 0,
            learningRate: 0.02,
            statisticsImages: w === 'slb' ? 64 : 0,
          },
        },
        batchSize: 16,
        data: { format: 'fashion-mnist', folder: DATA, trainImages: 64, testImages: TEST_IMAGES },
      },
      join(folder, `${w}-${a}`),
    );
    expect(await packedConfusion(model, `fashion-mnist:${DATA}`, TEST_IMAGES)).toEqual(evaluation.confusion);

    const signs = await trainedSigns(checkpoint);
    for (const [name, bits] of packedFilters(file)) expect(bits, name).toEqual(signs.get(name));

    const { unfolded } = await convertAt(checkpoint, { arch: `${file.info.method}-${file.info.architecture}` });
    const [packed, trained] = [new Reference(file.graph), new Reference(unfolded)];
    const sample = await openImageSample(`fashion-mnist:${DATA}`, { limit: COMPARED_IMAGES });
    const { recipe, height, width } = file.graph.nodes[0] as InputNode;
    for (let n = 0; n < COMPARED_IMAGES; n++) {
      const image = prepareImage((await sample.read(n))!.image, recipe!, height, width);
      const { maps } = packed.record(image);
      const logits = model.run(image);
      expect(differingBits(file, model, maps)).toEqual(NO_DIFFERENCE[a] ?? new Array<number>(6).fill(0));
      trained.run(image).forEach((logit, c) => {
        expect(Math.abs(logit - logits[c]!)).toBeLessThan(1e-3);
      });
    }
  });
});

/** Extracts the signs (O, I, kh, kw) of the binary layers' filters from a model. */
function packedFilters({ graph }: ModelFile): Map<string, Float32Array> {
  const filters = new Map<string, Float32Array>();
  for (const node of graph.nodes) {
    // What has no name isn't a layer of the checkpoint, but sums the activations under a kernel, for weights of two levels.
    if (node.op !== 'conv' || node.name === undefined || graph.tensors[node.weights]!.dtype !== 'bits') continue;
    const [, height, width, inner] = graph.tensors[node.weights]!.shape;
    const values = tensorValues(graph.tensors[node.weights]!);
    const ordered = new Float32Array(values.length);
    values.forEach((value, at) => {
      const [o, tap, i] = [
        Math.floor(at / (height * width * inner)),
        Math.floor(at / inner) % (height * width),
        at % inner,
      ];
      ordered[(o * inner + i) * height * width + tap] = value;
    });
    filters.set(node.name, ordered);
  }
  return filters;
}

/** The sign of which of a filter's two levels each weight has. AdaBin's lie about the filter's mean, so that every filter has both. */
function upperAsPlus(values: Float32Array, filters: number): Float32Array {
  const taps = values.length / filters;
  return values.map((value, i) => {
    const start = i - (i % taps);
    const filter = values.subarray(start, start + taps);
    return Math.sign(value - (Math.min(...filter) + Math.max(...filter)) / 2);
  });
}

/** Quantizes every layer's latent weights by the trainer's own quantizers, on the back end that trained them. */
async function trainedSigns(path: string): Promise<Map<string, Float32Array>> {
  const backend = await chooseBackend({ force: 'wasm' });
  const checkpoint = readCheckpoint(readFileSync(path), path);
  const { config, stage } = checkpoint.state;
  const network = createNetwork(config.architecture, {
    ...config.quantizers,
    backend,
    random: seededRandom(1),
    classes: 10,
    omega0: config.omega0,
    method: config.method,
  });
  restoreNetwork(backend.tf, network, checkpoint);
  network.stage = stage;
  const signs = new Map<string, Float32Array>();
  for (const { name, quantized } of network.binaryLayers) {
    const values = backend.tf.tidy(quantized);
    const found = (await values.data()) as Float32Array;
    signs.set(
      name,
      config.quantizers.weights === 'adabin' ? upperAsPlus(found, values.shape[0]!) : found.map(Math.sign),
    );
    values.dispose();
  }
  network.dispose();
  return signs;
}
