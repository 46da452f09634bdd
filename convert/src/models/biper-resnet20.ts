import type { GraphBuilder, Value } from '@signwave/format';
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
const BLOCKS_PER_STAGE = 3;

/** What tells the two networks apart. */
interface Variant {
  readonly omega0: number;
  readonly keepsFloats: boolean;
}

/** Signs of activations and weights; hardtanh throughout. */
export const biperResnet20: Architecture = resnet20('resnet20_1w1a', false);

/**
 * Signs of weights only, on float activations; ReLU throughout. ReCU's ResNet-20 has the same tensors, so the checkpoint or the user
 * has to say which it is.
 */
export const biperResnet20FloatActivations: Architecture = {
  ...resnet20('resnet20_1w32a', true),
  sharesTensors: 'ReCU resnet20_1w1a',
};

/**
 * BiPer's ResNet-20 for CIFAR (cifar10/models_cifar/resnet.py of github.com/edmav4/BiPer): a float stem, 18 convolutions with binary
 * weights and a shortcut around each, a float classifier.
 */
function resnet20(name: string, keepsFloats: boolean): Architecture {
  return {
    name,
    method: 'biper',
    needsOmega0: true,
    preprocess: 'cifar10',
    classifier: 'linear',
    build(g, state, { omega0, recipe, classes }) {
      const variant = { omega0, keepsFloats };
      let x = g.input({ height: 32, width: 32, channels: 3 }, recipe);
      x = floatConv(g, state, x, 'conv1', { outChannels: 16, kernel: 3, pad: 1 });
      x = nonlinearity(g, batchNorm(g, state, x, 'bn1'), variant);
      STAGES.forEach(({ channels, stride }, stage) => {
        for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
          x = basicBlock(g, state, x, `layer${stage + 1}.${block}`, channels, block === 0 ? stride : 1, variant);
        }
      });
      x = batchNorm(g, state, g.globalAvgPool(x), 'bn2');
      linear(g, state, x, 'linear', classes);
    },
  };
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
