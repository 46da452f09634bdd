import { type MapShape, SignwaveError, type Value } from '@signwave/format';
import { quote } from '../../checkpoints/quote.js';
import type { Architecture } from '../architecture.js';
import { isOneBit, trainedConv, trainedFloatConv } from '../methods/trained.js';
import type { NetworkBuilder } from '../network-builder.js';
import type { TrainedFacts } from './metadata.js';
import { buildQuicknet } from './quicknet.js';
import { buildResidual, type ResidualShape } from './residual-network.js';
import type { TrainedLayers } from './unit.js';
import { buildVggSmall } from './vgg-small.js';

interface TrainedNetwork {
  /** Name in the authors' code. */
  readonly torchName: string;
  /** Side and channels of the images; for the demo, which takes two sizes, absent. */
  readonly input?: readonly [size: number, channels: number];
  /** For networks that take squares of three channels: the least side. */
  readonly leastSize?: number;
  readonly classifier: string;
  build(layers: TrainedLayers, input: MapShape): Architecture['build'];
}

const CIFAR = [32, 3] as const;
const IMAGENET = [224, 3] as const;
const globalMean = (g: NetworkBuilder, x: Value): Value => g.globalAvgPool(x);

/** `resnet20_...`, and the demo's network, whose stem turns images of 28 or 32 pixels into 16 x 16. */
function resnet20(torchName: string, blocks: number, isDemo = false): TrainedNetwork {
  const shape = ({ height }: MapShape): ResidualShape => ({
    stem: {
      outChannels: 16,
      kernel: 3,
      ...(isDemo ? { stride: 2, pad: height === 28 ? 3 : 1 } : { pad: 1 }),
    },
    stages: [
      { channels: 16, blocks, stride: 1 },
      { channels: 32, blocks, stride: 2 },
      { channels: 64, blocks, stride: 2 },
    ],
    classifier: 'linear',
    shortcutName: 'shortcut',
    mean: globalMean,
  });
  return {
    torchName,
    ...(!isDemo && { input: CIFAR }),
    classifier: 'linear',
    build: (layers, image) => buildResidual(shape(image), layers, image),
  };
}

type StageWidths = readonly [number, number, number, number];

const stages = (widths: StageWidths, blocks: StageWidths): ResidualShape['stages'] =>
  widths.map((channels, stage) => ({ channels, blocks: blocks[stage]!, stride: stage === 0 ? 1 : 2 }));

function resnet18(torchName: string, widths: StageWidths): TrainedNetwork {
  const shape: ResidualShape = {
    stem: { outChannels: widths[0], kernel: 3, pad: 1 },
    stages: stages(widths, [2, 2, 2, 2]),
    classifier: 'linear',
    shortcutName: 'shortcut',
    mean: (g, x) => g.avgPool(x, 4),
  };
  return { torchName, input: CIFAR, classifier: 'linear', build: (...given) => buildResidual(shape, ...given) };
}

function imagenetResnet(torchName: string, blocks: StageWidths): TrainedNetwork {
  const shape: ResidualShape = {
    stem: { outChannels: 64, kernel: 7, stride: 2, pad: 3 },
    hasStemPool: true,
    stages: stages([64, 128, 256, 512], blocks),
    classifier: 'fc',
    shortcutName: 'downsample',
    mean: (g, x) => g.avgPool(x, 7, { stride: 1 }),
  };
  return { torchName, input: IMAGENET, classifier: 'fc', build: (...given) => buildResidual(shape, ...given) };
}

const vggSmall = (torchName: string): TrainedNetwork => ({
  torchName,
  input: CIFAR,
  classifier: 'fc',
  build: buildVggSmall,
});

const quicknet = (torchName: string, ...sections: Parameters<typeof buildQuicknet>): TrainedNetwork => ({
  torchName,
  leastSize: 32,
  classifier: 'fc',
  build: buildQuicknet(...sections),
});

/** Networks by the trainer's names (trainer/src/models). */
const NETWORKS: Readonly<Record<string, TrainedNetwork>> = {
  resnet20_1w1a: resnet20('resnet20_1w1a', 3),
  resnet20_1w32a: resnet20('resnet20_1w32a', 3),
  resnet20_float: resnet20('resnet20_float', 3),
  resnet18_1w1a: resnet18('resnet18_1w1a', [64, 128, 256, 512]),
  resnet18A_1w1a: resnet18('resnet18A_1w1a', [32, 32, 64, 128]),
  resnet18B_1w1a: resnet18('resnet18B_1w1a', [32, 64, 128, 256]),
  resnet18C_1w1a: resnet18('resnet18C_1w1a', [64, 64, 128, 256]),
  resnet18_float: resnet18('resnet18_float', [64, 128, 256, 512]),
  vgg_small_1w1a: vggSmall('vgg_small_1w1a'),
  vgg_small_float: vggSmall('vgg_small_float'),
  imagenet_resnet18_1w1a: imagenetResnet('resnet18_1w1a', [2, 2, 2, 2]),
  imagenet_resnet34_1w1a: imagenetResnet('resnet34_1w1a', [3, 4, 6, 3]),
  imagenet_resnet18_float: imagenetResnet('resnet18_float', [2, 2, 2, 2]),
  imagenet_resnet34_float: imagenetResnet('resnet34_float', [3, 4, 6, 3]),
  quicknet_small_1w1a: quicknet('quicknet_small_1w1a', [4, 4, 4, 4], [32, 64, 256, 512]),
  quicknet_1w1a: quicknet('quicknet_1w1a', [4, 4, 4, 4], [64, 128, 256, 512]),
  quicknet_large_1w1a: quicknet('quicknet_large_1w1a', [6, 8, 12, 6], [64, 128, 256, 512]),
  demo_1w1a: resnet20('demo_1w1a', 1, true),
  demo_float: resnet20('demo_float', 1, true),
};

/** Sides of the demo's images. */
const DEMO_SIZES = [28, 32];

/**
 * The network that a checkpoint of signwave's trainer says it holds; nothing is guessed from the tensors. Its method is the weight
 * quantizer. If activations aren't plain signs, their quantizer is part of the name: `demo_1w1a+dorefa`, `demo_1w1a+rsign`.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_ARCH` for a network that this version doesn't know; `E_CHECKPOINT_STRUCTURE` if its images have
 *   another size.
 */
export function trainedArchitecture(facts: TrainedFacts, sourceName: string): Architecture {
  const { architecture, quantizers, style, input } = facts;
  const network = Object.hasOwn(NETWORKS, architecture) ? NETWORKS[architecture] : undefined;
  if (!network) {
    throw new SignwaveError(
      'E_CHECKPOINT_ARCH',
      `${sourceName}: signwave's trainer wrote it for the network ${quote(architecture)}, this version knows ${Object.keys(NETWORKS).join(', ')}; a newer one wrote it`,
    );
  }
  checkInput(network, facts, sourceName);
  const { torchName, classifier } = network;
  const { weights, activations } = quantizers;
  const isNamed = !isOneBit(activations) && !/_(1w32a|float)$/.test(torchName);
  const conv = weights === 'float' ? trainedFloatConv(style.hasBias) : trainedConv(quantizers, style.hasBias);
  return {
    name: isNamed ? `${torchName}+${activations}` : torchName,
    method: weights,
    needsOmega0: weights === 'biper',
    preprocess: input.recipe,
    classifier,
    build: network.build({ style, conv }, input),
  };
}

function checkInput({ input, leastSize, torchName }: TrainedNetwork, facts: TrainedFacts, sourceName: string): void {
  const { height, width, channels } = facts.input;
  const fits = input
    ? height === input[0] && width === input[0] && channels === input[1]
    : height === width &&
      (leastSize === undefined ? DEMO_SIZES.includes(height) : height >= leastSize && channels === 3);
  if (fits) return;
  const squares = leastSize === undefined ? '28 or 32 pixels' : `at least ${leastSize} pixels and 3 channels`;
  const expected = input ? `${input[0]} x ${input[0]} x ${input[1]}` : `squares of ${squares}`;
  throw new SignwaveError(
    'E_CHECKPOINT_STRUCTURE',
    `${sourceName}: its metadata say that ${torchName} was trained on images of ${height} x ${width} x ${channels}, but that network takes ${expected}; it was damaged or edited, take the original`,
  );
}
