import type { GraphBuilder, Value } from '@signwave/format';
import type { Architecture } from './architecture.js';
import { biperConv } from './biper-layers.js';
import type { State } from './state.js';
import { batchNorm, floatConv, linear } from './torch-layers.js';

/** Blocks of the four stages, of 64, 128, 256 and 512 channels. */
const DEPTHS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  resnet18_1w1a: [2, 2, 2, 2],
  resnet34_1w1a: [3, 4, 6, 3],
};
const STEM_CHANNELS = 64;

/**
 * BiPer's ResNets for ImageNet (imagenet/models_imagenet/resnet.py of github.com/edmav4/BiPer): a float 7 x 7 stem, a shortcut around each
 * binary convolution, float 1 x 1 convolutions where a stage halves the map.
 */
export const biperImagenetResnets: readonly Architecture[] = Object.entries(DEPTHS).map(([name, depths]) => ({
  name,
  method: 'biper',
  needsOmega0: true,
  preprocess: 'imagenet',
  classifier: 'fc',
  build(g, state, { omega0, recipe, classes }) {
    let x = g.input({ height: 224, width: 224, channels: 3 }, recipe);
    x = floatConv(g, state, x, 'conv1', { outChannels: STEM_CHANNELS, kernel: 7, stride: 2, pad: 3 });
    x = g.maxPool(g.hardtanh(batchNorm(g, state, x, 'bn1')), 3, { stride: 2, pad: 1 });
    depths.forEach((blocks, stage) => {
      for (let block = 0; block < blocks; block++) {
        const stride = stage > 0 && block === 0 ? 2 : 1;
        x = basicBlock(g, state, x, `layer${stage + 1}.${block}`, omega0, STEM_CHANNELS * 2 ** stage, stride);
      }
    });
    x = batchNorm(g, state, g.avgPool(x, 7, { stride: 1 }), 'bn2');
    linear(g, state, x, 'fc', classes);
  },
}));

function basicBlock(
  g: GraphBuilder,
  state: State,
  x: Value,
  name: string,
  omega0: number,
  outChannels: number,
  stride: number,
): Value {
  let shortcut = x;
  if (stride > 1) {
    shortcut = floatConv(g, state, x, `${name}.downsample.0`, { outChannels, kernel: 1, stride });
    shortcut = batchNorm(g, state, shortcut, `${name}.downsample.1`);
  }
  const first = biperConv(g, state, x, `${name}.conv1`, { omega0, outChannels, stride });
  const y = g.hardtanh(g.add(batchNorm(g, state, first, `${name}.bn1`), shortcut));
  const second = biperConv(g, state, y, `${name}.conv2`, { omega0, outChannels });
  return g.hardtanh(g.add(batchNorm(g, state, second, `${name}.bn2`), y));
}
