import type { GraphBuilder, Value } from '@signwave/format';
import type { Architecture, BuildOptions } from './architecture.js';
import { biperConv } from './biper-layers.js';
import type { State } from './state.js';
import { batchNorm, floatFilters, linear } from './torch-layers.js';

/** (channels, stride of the first block) of each stage. */
const STAGES = [
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
  { channels: 64, stride: 2 },
] as const;
const BLOCKS_PER_STAGE = 3;

/**
 * BiPer's ResNet-20 for CIFAR (cifar10/modules/resnet.py of github.com/edmav4/BiPer): a float stem, 18 binary convolutions with a
 * shortcut around each, hardtanh throughout, a float classifier.
 */
export const biperResnet20: Architecture = {
  name: 'resnet20_1w1a',
  method: 'biper',
  needsOmega0: true,
  preprocess: 'cifar10',
  classifier: 'linear',
  build(g: GraphBuilder, state: State, { omega0, recipe, classes }: BuildOptions): void {
    let x = g.input({ height: 32, width: 32, channels: 3 }, recipe);
    x = g.conv(x, floatFilters(state, 'conv1', 16, 3, 3), { name: 'conv1', pad: 1 });
    x = g.hardtanh(batchNorm(g, state, x, 'bn1'));
    STAGES.forEach(({ channels, stride }, stage) => {
      for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
        x = basicBlock(g, state, x, `layer${stage + 1}.${block}`, omega0, channels, block === 0 ? stride : 1);
      }
    });
    x = batchNorm(g, state, g.globalAvgPool(x), 'bn2');
    linear(g, state, x, 'linear', classes);
  },
};

/** Two binary convolutions, each with a shortcut of its own; the first one's halves the map where the block does. */
function basicBlock(
  g: GraphBuilder,
  state: State,
  x: Value,
  name: string,
  omega0: number,
  channels: number,
  stride: number,
): Value {
  const inChannels = g.shapeOf(x).channels;
  const before = (channels - inChannels) / 2;
  const shortcut = stride === 1 ? x : g.padChannels(g.avgPool(x, 2), before, before);
  const first = biperConv(g, state, x, `${name}.conv1`, omega0, channels, stride);
  const y = g.hardtanh(g.add(batchNorm(g, state, first, `${name}.bn1`), shortcut));
  const second = biperConv(g, state, y, `${name}.conv2`, omega0, channels);
  return g.hardtanh(g.add(batchNorm(g, state, second, `${name}.bn2`), y));
}
