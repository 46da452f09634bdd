import { SignwaveError } from '@signwave/format';
import type { ActivationQuantizerName, WeightQuantizerName } from '../quantizers/index.js';
import type { Network } from '../types.js';
import { type Definition, defineNetwork } from './define-network.js';
import { demo } from './demo.js';
import { imagenetResnet } from './imagenet-resnet.js';
import type { NetworkOptions } from './network-options.js';
import { singleSkipResnet18 } from './resnet18.js';
import { doubleSkipNetwork, type Precision } from './resnet20.js';
import { vggSmall } from './vgg-small.js';

export type { NetworkOptions } from './network-options.js';

/** A possible `architecture` of a config. Image sizes are those of the authors' data sets. */
export interface ArchitectureInfo {
  /** Name in the authors' code; networks for ImageNet share theirs with those for CIFAR. */
  readonly torchName: string;
  /** Size (height and width) and channels of an image. `demo_1w1a` also takes 32 x 32 and any number of channels. */
  readonly input: { readonly size: number; readonly channels: number };
  readonly define: Definition;
}

const CIFAR = { size: 32, channels: 3 };
const IMAGENET = { size: 224, channels: 3 };
const resnet20 = (precision: Precision): Definition =>
  doubleSkipNetwork({ blocksPerStage: 3, precision, stem: { inChannels: 3, outChannels: 16, kernel: 3, pad: 1 } });

export const ARCHITECTURES = {
  resnet20_1w1a: { torchName: 'resnet20_1w1a', input: CIFAR, define: resnet20('1w1a') },
  resnet20_1w32a: { torchName: 'resnet20_1w32a', input: CIFAR, define: resnet20('1w32a') },
  resnet20_float: { torchName: 'resnet20_float', input: CIFAR, define: resnet20('float') },
  resnet18_1w1a: { torchName: 'resnet18_1w1a', input: CIFAR, define: singleSkipResnet18([64, 128, 256, 512]) },
  resnet18A_1w1a: { torchName: 'resnet18A_1w1a', input: CIFAR, define: singleSkipResnet18([32, 32, 64, 128]) },
  resnet18B_1w1a: { torchName: 'resnet18B_1w1a', input: CIFAR, define: singleSkipResnet18([32, 64, 128, 256]) },
  resnet18C_1w1a: { torchName: 'resnet18C_1w1a', input: CIFAR, define: singleSkipResnet18([64, 64, 128, 256]) },
  vgg_small_1w1a: { torchName: 'vgg_small_1w1a', input: CIFAR, define: vggSmall },
  imagenet_resnet18_1w1a: { torchName: 'resnet18_1w1a', input: IMAGENET, define: imagenetResnet([2, 2, 2, 2]) },
  imagenet_resnet34_1w1a: { torchName: 'resnet34_1w1a', input: IMAGENET, define: imagenetResnet([3, 4, 6, 3]) },
  demo_1w1a: { torchName: 'demo_1w1a', input: { size: 28, channels: 1 }, define: demo },
} as const satisfies Readonly<Record<string, ArchitectureInfo>>;

export type ArchitectureName = keyof typeof ARCHITECTURES;

/**
 * Make a network with new, seeded parameters.
 *
 * @throws {SignwaveError} `E_CONFIG` for an unknown name.
 */
export function createNetwork(name: string, options: NetworkOptions): Network {
  if (!Object.hasOwn(ARCHITECTURES, name)) {
    const known = Object.keys(ARCHITECTURES).join(', ');
    throw new SignwaveError('E_CONFIG', `no architecture is called "${name}"; known: ${known}`);
  }
  const { torchName, define } = ARCHITECTURES[name as ArchitectureName];
  const isSign = !Object.hasOwn(FIXED_QUANTIZERS, name);
  return defineNetwork(torchName, isSign ? options : { ...options, activations: 'identity' }, define);
}

/** The quantizers that a network computes with. */
export interface UsedQuantizers {
  readonly weights: WeightQuantizerName | 'float';
  readonly activations: ActivationQuantizerName;
}

/**
 * Networks that have quantizers of their own, whatever is asked for: in 1W/32A activations are floats, and float networks quantize nothing.
 */
const FIXED_QUANTIZERS: { readonly [K in ArchitectureName]?: Partial<UsedQuantizers> } = {
  resnet20_1w32a: { activations: 'identity' },
  resnet20_float: { weights: 'float', activations: 'identity' },
};

/** @param asked what a config asks for. @returns what the network uses. */
export function quantizersOf(architecture: ArchitectureName, asked: UsedQuantizers): UsedQuantizers {
  return { ...asked, ...FIXED_QUANTIZERS[architecture] };
}
