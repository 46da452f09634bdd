import type { GraphBuilder, Value } from '@signwave/format';
import type { Architecture } from './architecture.js';
import { averagedShortcut, biperConv } from './biper-layers.js';
import type { State } from './state.js';
import { batchNorm, floatConv, linear } from './torch-layers.js';

/** Channels of the four stages, of two blocks each. */
const WIDTHS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  resnet18_1w1a: [64, 128, 256, 512],
  resnet18A_1w1a: [32, 32, 64, 128],
  resnet18B_1w1a: [32, 64, 128, 256],
  resnet18C_1w1a: [64, 64, 128, 256],
};
const BLOCKS_PER_STAGE = 2;

/**
 * BiPer's ResNet-18 for CIFAR in four widths (cifar10/models_cifar/resnet2.py of github.com/edmav4/BiPer): a float stem without
 * nonlinearity, blocks with one shortcut around both convolutions, a float classifier.
 */
export const biperResnet18: readonly Architecture[] = Object.entries(WIDTHS).map(([name, widths]) => ({
  name,
  method: 'biper',
  needsOmega0: true,
  preprocess: 'cifar10',
  classifier: 'linear',
  build(g, state, { omega0, recipe, classes }) {
    let x = g.input({ height: 32, width: 32, channels: 3 }, recipe);
    x = floatConv(g, state, x, 'conv1', { outChannels: widths[0], kernel: 3, pad: 1 });
    x = batchNorm(g, state, x, 'bn1');
    widths.forEach((channels, stage) => {
      for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
        const stride = stage > 0 && block === 0 ? 2 : 1;
        x = basicBlock(g, state, x, `layer${stage + 1}.${block}`, omega0, channels, stride);
      }
    });
    x = batchNorm(g, state, g.avgPool(x, 4), 'bn2');
    linear(g, state, x, 'linear', classes);
  },
}));

/** Two binary convolutions inside one shortcut. Nothing is added between them: the first sum becomes a bit right away. */
function basicBlock(
  g: GraphBuilder,
  state: State,
  x: Value,
  name: string,
  omega0: number,
  outChannels: number,
  stride: number,
): Value {
  const options = { omega0, outChannels, hasBeta: true };
  const shortcut = stride === 1 ? x : averagedShortcut(g, x, outChannels);
  const first = biperConv(g, state, x, `${name}.conv1`, { ...options, stride });
  const y = g.hardtanh(batchNorm(g, state, first, `${name}.bn1`));
  const second = biperConv(g, state, y, `${name}.conv2`, options);
  return g.hardtanh(g.add(batchNorm(g, state, second, `${name}.bn2`), shortcut));
}
