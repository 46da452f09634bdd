import type { MapShape, Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { nonlinearity, type TrainedLayers, unit } from './unit.js';

/** The convolutions after the stem: output channels, and whether each has a 2 x 2 max pool. */
const LAYERS = [
  { outChannels: 128, isPooled: true },
  { outChannels: 256, isPooled: false },
  { outChannels: 256, isPooled: true },
  { outChannels: 512, isPooled: false },
  { outChannels: 512, isPooled: true },
] as const;

/** VGG-small of the trainer: trainer/src/models/vgg-small.ts. */
export function buildVggSmall(layers: TrainedLayers, { height, width, channels }: MapShape): Architecture['build'] {
  const { style } = layers;
  return (g) => {
    let x = g.image(height, width, channels);
    x = g.floatConv(x, 'conv0', { outChannels: 128, kernel: 3, pad: 1, hasBias: style.stem === 'bias' });
    const act = (map: Value): Value => nonlinearity(g, style, map, 'act0');
    const norm = (map: Value, name: string): Value => g.batchNorm(map, name, { epsilon: style.normEpsilon });
    if (style.stem === 'norm') x = norm(x, 'bn0');
    if (style.stem === 'norm-act') {
      x = style.order === 'conv-act-norm' ? norm(act(x), 'bn0') : act(norm(x, 'bn0'));
    }
    LAYERS.forEach(({ outChannels, isPooled }, i) => {
      const names = { conv: `conv${i + 1}`, norm: `bn${i + 1}`, act: `act${i + 1}` };
      const layer = unit(g, layers, names, { outChannels });
      x = layer.after(layer.before(x), isPooled ? { pool: (map) => g.maxPool(map, 2) } : {});
    });
    if (style.tail.startsWith('map-norm')) x = norm(x, 'bn6');
    if (style.tail.endsWith('relu')) x = g.relu(x);
    g.floatLinear(x, 'fc', g.classes);
  };
}
