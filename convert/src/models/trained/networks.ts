import { type MapShape, SignwaveError } from '@signwave/format';
import { quote } from '../../checkpoints/quote.js';
import type { Architecture } from '../architecture.js';
import { isOneBit, trainedConv, trainedFloatConv } from '../methods/trained.js';
import { trainedImagenetResnet } from '../networks/imagenet-resnet.js';
import { trainedResnet18 } from '../networks/resnet18.js';
import { trainedDemo, trainedResnet20 } from '../networks/resnet20.js';
import { trainedVggSmall } from '../networks/vgg-small.js';
import type { TrainedStyle } from '../residual-block.js';
import type { TrainedFacts } from './metadata.js';

interface TrainedNetwork {
  /** Name in the authors' code. */
  readonly torchName: string;
  /** Side and channels of the images; absent if the network takes several sizes. */
  readonly input?: readonly [size: number, channels: number];
  readonly hasBeta: boolean;
  build(style: TrainedStyle, input: MapShape): Architecture;
}

const CIFAR = [32, 3] as const;
const IMAGENET = [224, 3] as const;

const resnet18 = (torchName: string): TrainedNetwork => ({
  torchName,
  input: CIFAR,
  hasBeta: true,
  build: (style) => trainedResnet18(torchName, style),
});
const imagenetResnet = (depth: 18 | 34): TrainedNetwork => ({
  torchName: `resnet${depth}_1w1a`,
  input: IMAGENET,
  hasBeta: false,
  build: (style) => trainedImagenetResnet(depth, style),
});

/** Networks by the trainer's names (trainer/src/models). */
const NETWORKS: Readonly<Record<string, TrainedNetwork>> = {
  resnet20_1w1a: {
    torchName: 'resnet20_1w1a',
    input: CIFAR,
    hasBeta: true,
    build: (style) => trainedResnet20(style, 'hardtanh'),
  },
  resnet20_1w32a: {
    torchName: 'resnet20_1w32a',
    input: CIFAR,
    hasBeta: false,
    build: (style) => trainedResnet20(style, 'relu'),
  },
  resnet20_float: {
    torchName: 'resnet20_float',
    input: CIFAR,
    hasBeta: false,
    build: (style) => trainedResnet20(style, 'relu'),
  },
  resnet18_1w1a: resnet18('resnet18_1w1a'),
  resnet18A_1w1a: resnet18('resnet18A_1w1a'),
  resnet18B_1w1a: resnet18('resnet18B_1w1a'),
  resnet18C_1w1a: resnet18('resnet18C_1w1a'),
  vgg_small_1w1a: { torchName: 'vgg_small_1w1a', input: CIFAR, hasBeta: true, build: trainedVggSmall },
  imagenet_resnet18_1w1a: imagenetResnet(18),
  imagenet_resnet34_1w1a: imagenetResnet(34),
  demo_1w1a: { torchName: 'demo_1w1a', hasBeta: true, build: trainedDemo },
};

/** Sides of the demo's images. */
const DEMO_SIZES = [28, 32];

/**
 * The network that a checkpoint of signwave's trainer says it holds; nothing is guessed from the tensors. Its method is the weight
 * quantizer. If activations aren't signs, their quantizer is part of the name: `demo_1w1a+dorefa`.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_ARCH` for a network that this version doesn't know; `E_CHECKPOINT_STRUCTURE` if its images have
 *   another size.
 */
export function trainedArchitecture(facts: TrainedFacts, sourceName: string): Architecture {
  const { architecture, quantizers, input } = facts;
  const network = Object.hasOwn(NETWORKS, architecture) ? NETWORKS[architecture] : undefined;
  if (!network) {
    throw new SignwaveError(
      'E_CHECKPOINT_ARCH',
      `${sourceName}: signwave's trainer wrote it for the network ${quote(architecture)}, this version knows ${Object.keys(NETWORKS).join(', ')}; a newer one wrote it`,
    );
  }
  checkInput(network, facts, sourceName);
  const { torchName, hasBeta, build } = network;
  const { weights, activations } = quantizers;
  const isNamed = !isOneBit(activations) && !/_(1w32a|float)$/.test(torchName);
  const style: TrainedStyle = {
    name: isNamed ? `${torchName}+${activations}` : torchName,
    method: weights,
    needsOmega0: weights === 'biper',
    conv: weights === 'float' ? trainedFloatConv : trainedConv(quantizers, hasBeta),
  };
  return { ...build(style, input), preprocess: input.recipe };
}

function checkInput({ input, torchName }: TrainedNetwork, facts: TrainedFacts, sourceName: string): void {
  const { height, width, channels } = facts.input;
  const fits = input
    ? height === input[0] && width === input[0] && channels === input[1]
    : height === width && DEMO_SIZES.includes(height);
  if (fits) return;
  const expected = input ? `${input[0]} x ${input[0]} x ${input[1]}` : 'squares of 28 or 32 pixels';
  throw new SignwaveError(
    'E_CHECKPOINT_STRUCTURE',
    `${sourceName}: its metadata say that ${torchName} was trained on images of ${height} x ${width} x ${channels}, but that network takes ${expected}; it was damaged or edited, take the original`,
  );
}
