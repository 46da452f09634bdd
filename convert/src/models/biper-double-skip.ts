import type { GraphBuilder, MapShape, Value } from '@signwave/format';
import type { Architecture } from './architecture.js';
import { averagedShortcut, biperConv } from './biper-layers.js';
import type { State } from './state.js';
import { batchNorm, floatConv, linear } from './torch-layers.js';

/** (channels, stride of the first block) of each stage. */
const STAGES = [
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
  { channels: 64, stride: 2 },
] as const;
const STEM_CHANNELS = 16;

/** What tells the networks apart. */
interface Shape {
  readonly blocksPerStage: number;
  /** Signs of weights only, on float activations; ReLU for hardtanh. */
  readonly keepsFloats?: boolean;
  readonly preprocess: string;
  readonly input: MapShape;
  readonly stemStride: number;
  readonly stemPad: number;
}

const CIFAR = { height: 32, width: 32, channels: 3 };
const RESNET20 = { blocksPerStage: 3, preprocess: 'cifar10', input: CIFAR, stemStride: 1, stemPad: 1 };

/** BiPer's ResNet-20 for CIFAR (cifar10/models_cifar/resnet.py of github.com/edmav4/BiPer). */
export const biperResnet20 = doubleSkip('resnet20_1w1a', RESNET20);

/** The same with float activations. ReCU's ResNet-20 has the same tensors, so the checkpoint or the user has to say which it is. */
export const biperResnet20FloatActivations: Architecture = {
  ...doubleSkip('resnet20_1w32a', { ...RESNET20, keepsFloats: true }),
  sharesTensors: 'ReCU resnet20_1w1a',
};

/** signwave's own small networks for its demo: one block in each stage, behind a stem that makes 16 x 16 of the image. */
export const biperDemos: readonly Architecture[] = [
  doubleSkip('demo_1w1a', {
    blocksPerStage: 1,
    preprocess: 'fashion-mnist',
    input: { height: 28, width: 28, channels: 1 },
    stemStride: 2,
    stemPad: 3,
  }),
  doubleSkip('demo_1w1a', { blocksPerStage: 1, preprocess: 'cifar10', input: CIFAR, stemStride: 2, stemPad: 1 }),
];

/** A float stem, stages of binary convolutions with a shortcut around each, a float classifier. */
function doubleSkip(name: string, shape: Shape): Architecture {
  const { blocksPerStage, preprocess, input, stemStride, stemPad, keepsFloats = false } = shape;
  return {
    name,
    method: 'biper',
    needsOmega0: true,
    preprocess,
    classifier: 'linear',
    build(g, state, { omega0, recipe, classes }) {
      const variant = { omega0, keepsFloats };
      let x = g.input(input, recipe);
      x = floatConv(g, state, x, 'conv1', { outChannels: STEM_CHANNELS, kernel: 3, stride: stemStride, pad: stemPad });
      x = nonlinearity(g, batchNorm(g, state, x, 'bn1'), variant);
      STAGES.forEach(({ channels, stride }, stage) => {
        for (let block = 0; block < blocksPerStage; block++) {
          x = basicBlock(g, state, x, `layer${stage + 1}.${block}`, channels, block === 0 ? stride : 1, variant);
        }
      });
      x = batchNorm(g, state, g.globalAvgPool(x), 'bn2');
      linear(g, state, x, 'linear', classes);
    },
  };
}

interface Variant {
  readonly omega0: number;
  readonly keepsFloats: boolean;
}

function nonlinearity(g: GraphBuilder, x: Value, { keepsFloats }: Variant): Value {
  return keepsFloats ? g.relu(x) : g.hardtanh(x);
}

/** Two convolutions, each with a shortcut of its own; the first one's halves the map where the block does. */
function basicBlock(
  g: GraphBuilder,
  state: State,
  x: Value,
  name: string,
  outChannels: number,
  stride: number,
  variant: Variant,
): Value {
  const options = { ...variant, outChannels, hasBeta: !variant.keepsFloats };
  const shortcut = stride === 1 ? x : averagedShortcut(g, x, outChannels);
  const first = biperConv(g, state, x, `${name}.conv1`, { ...options, stride });
  const y = nonlinearity(g, g.add(batchNorm(g, state, first, `${name}.bn1`), shortcut), variant);
  const second = biperConv(g, state, y, `${name}.conv2`, options);
  return nonlinearity(g, g.add(batchNorm(g, state, second, `${name}.bn2`), y), variant);
}
