import { SignwaveError } from '@signwave/format';
import type { ActivationQuantizerName, MethodName } from '../methods/index.js';
import type { Family, Place, Precision } from '../methods/method.js';
import type { Network } from '../types.js';
import { type Definition, defineNetwork } from './define-network.js';
import type { NetworkOptions } from './network-options.js';
import { quicknet } from './quicknet.js';
import { demo, imagenetResnet, resnet18, resnet20 } from './resnets.js';
import { vggSmall } from './vgg-small.js';

export type { NetworkOptions } from './network-options.js';

/** A possible `architecture` of a config. Image sizes are those of the authors' data sets. */
export interface ArchitectureInfo extends Place {
  /** Name in the authors' code; networks for ImageNet share theirs with those for CIFAR. */
  readonly torchName: string;
  /** Size (height and width) and channels of an image. Those of the demo also take 32 x 32 and any number of channels. */
  readonly input: { readonly size: number; readonly channels: number };
  /** For networks that take squares of any size: the least that leaves every map a pixel. */
  readonly leastSize?: number;
  readonly define: Definition;
}

const CIFAR = { size: 32, channels: 3 };
const DEMO = { size: 28, channels: 1 };
const IMAGENET = { size: 224, channels: 3 };

/** A network that is defined for each precision. @param name without the precision's suffix. */
function at(
  precision: Precision,
  name: string,
  family: Family,
  input: ArchitectureInfo['input'],
  define: (precision: Precision) => Definition,
): ArchitectureInfo {
  return { torchName: `${name}_${precision}`, input, family, precision, define: define(precision) };
}

/** QuickNet has five strides of 2, and a pool of 2 x 2 without pads before the last. */
const quicknetAt = (name: string, define: (precision: Precision) => Definition): ArchitectureInfo => ({
  ...at('1w1a', name, 'quicknet', IMAGENET, define),
  leastSize: 32,
});

export const ARCHITECTURES = {
  resnet20_1w1a: at('1w1a', 'resnet20', 'resnet20', CIFAR, resnet20),
  resnet20_1w32a: at('1w32a', 'resnet20', 'resnet20', CIFAR, resnet20),
  resnet20_float: at('float', 'resnet20', 'resnet20', CIFAR, resnet20),
  resnet18_1w1a: at('1w1a', 'resnet18', 'resnet18', CIFAR, resnet18([64, 128, 256, 512])),
  resnet18A_1w1a: at('1w1a', 'resnet18A', 'resnet18', CIFAR, resnet18([32, 32, 64, 128])),
  resnet18B_1w1a: at('1w1a', 'resnet18B', 'resnet18', CIFAR, resnet18([32, 64, 128, 256])),
  resnet18C_1w1a: at('1w1a', 'resnet18C', 'resnet18', CIFAR, resnet18([64, 64, 128, 256])),
  resnet18_float: at('float', 'resnet18', 'resnet18', CIFAR, resnet18([64, 128, 256, 512])),
  vgg_small_1w1a: at('1w1a', 'vgg_small', 'vgg-small', CIFAR, vggSmall),
  vgg_small_float: at('float', 'vgg_small', 'vgg-small', CIFAR, vggSmall),
  imagenet_resnet18_1w1a: at('1w1a', 'resnet18', 'imagenet-resnet', IMAGENET, imagenetResnet([2, 2, 2, 2])),
  imagenet_resnet34_1w1a: at('1w1a', 'resnet34', 'imagenet-resnet', IMAGENET, imagenetResnet([3, 4, 6, 3])),
  imagenet_resnet18_float: at('float', 'resnet18', 'imagenet-resnet', IMAGENET, imagenetResnet([2, 2, 2, 2])),
  imagenet_resnet34_float: at('float', 'resnet34', 'imagenet-resnet', IMAGENET, imagenetResnet([3, 4, 6, 3])),
  quicknet_small_1w1a: quicknetAt('quicknet_small', quicknet([4, 4, 4, 4], [32, 64, 256, 512])),
  quicknet_1w1a: quicknetAt('quicknet', quicknet([4, 4, 4, 4], [64, 128, 256, 512])),
  quicknet_large_1w1a: quicknetAt('quicknet_large', quicknet([6, 8, 12, 6], [64, 128, 256, 512])),
  demo_1w1a: at('1w1a', 'demo', 'resnet20', DEMO, demo),
  demo_float: at('float', 'demo', 'resnet20', DEMO, demo),
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
  const { torchName, define, ...place } = ARCHITECTURES[name as ArchitectureName];
  return defineNetwork(torchName, place, options, define);
}

/** The quantizers that a network computes with. */
export interface UsedQuantizers {
  readonly weights: MethodName | 'float';
  readonly activations: ActivationQuantizerName;
}

/**
 * Networks that have quantizers of their own, whatever is asked for: in 1W/32A activations are floats, and float networks quantize nothing.
 */
const FIXED_QUANTIZERS: Readonly<Record<Precision, Partial<UsedQuantizers>>> = {
  '1w1a': {},
  '1w32a': { activations: 'identity' },
  float: { weights: 'float', activations: 'identity' },
};

/** @param asked what a config asks for. @returns what the network uses. */
export function quantizersOf(architecture: ArchitectureName, asked: UsedQuantizers): UsedQuantizers {
  return { ...asked, ...FIXED_QUANTIZERS[ARCHITECTURES[architecture].precision] };
}
