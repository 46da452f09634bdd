import type { MapShape, Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import type { NetworkBuilder } from '../network-builder.js';
import { averagedShortcut, slicedShortcut } from '../residual-block.js';
import type { NetworkStyle } from './style.js';
import { nonlinearity, type TrainedLayers, type UnitNames, unit } from './unit.js';

/** A residual network of the trainer, but for its style: trainer/src/models/residual-network.ts. */
export interface ResidualShape {
  readonly stem: {
    readonly outChannels: number;
    readonly kernel: number;
    readonly stride?: number;
    readonly pad: number;
  };
  readonly hasStemPool?: boolean;
  readonly stages: readonly { readonly channels: number; readonly blocks: number; readonly stride: number }[];
  readonly classifier: 'linear' | 'fc';
  readonly shortcutName: 'shortcut' | 'downsample';
  /** The mean over the last map, as the authors' code writes it. */
  readonly mean: (g: NetworkBuilder, x: Value) => Value;
}

export function buildResidual(shape: ResidualShape, layers: TrainedLayers, input: MapShape): Architecture['build'] {
  return (g) => {
    const { style } = layers;
    const norms = { epsilon: style.normEpsilon };
    let x = g.image(input.height, input.width, input.channels);
    x = stem(g, x, shape, style);
    shape.stages.forEach(({ channels, blocks, stride }, stage) => {
      for (let i = 0; i < blocks; i++) {
        x = block(
          g,
          x,
          `layer${stage + 1}.${i}.`,
          { channels, stride: i === 0 ? stride : 1 },
          layers,
          shape.shortcutName,
        );
      }
    });
    if (style.tail.startsWith('map-norm')) x = g.batchNorm(x, 'bn2', norms);
    if (style.tail.startsWith('map') && style.tail.endsWith('relu')) x = g.relu(x);
    x = shape.mean(g, x);
    if (style.tail.startsWith('norm')) x = g.batchNorm(x, 'bn2', norms);
    if (style.tail === 'norm-relu') x = g.relu(x);
    g.floatLinear(x, shape.classifier, g.classes);
    // What LCR-BNN's loss multiplies the stages' maps by.
    g.state.skip('gamma', [[1, shape.stages.length]], { isOptional: true });
  };
}

function stem(
  g: NetworkBuilder,
  image: Value,
  { stem: shape, hasStemPool = false }: ResidualShape,
  style: NetworkStyle,
): Value {
  let x = g.floatConv(image, 'conv1', { ...shape, hasBias: style.stem === 'bias' });
  const norm = (map: Value): Value => g.batchNorm(map, 'bn1', { epsilon: style.normEpsilon });
  const act = (map: Value): Value => nonlinearity(g, style, map, 'act1');
  if (style.stem === 'norm') x = norm(x);
  if (style.stem === 'norm-act') x = style.order === 'conv-act-norm' ? norm(act(x)) : act(norm(x));
  if (!hasStemPool) return x;
  return style.stemPool === 'padded'
    ? g.maxPool(x, 3, { stride: 2, pad: 1 })
    : g.maxPool(x, 3, { stride: 2, ceilMode: true });
}

interface BlockShape {
  readonly channels: number;
  readonly stride: number;
}

function block(
  g: NetworkBuilder,
  x: Value,
  at: string,
  shape: BlockShape,
  layers: TrainedLayers,
  shortcutName: string,
): Value {
  const { style } = layers;
  const { channels, stride } = shape;
  const names = (i: number): UnitNames => ({ conv: `${at}conv${i}`, norm: `${at}bn${i}`, act: `${at}act${i}` });
  const isIdentity = stride === 1 && g.shapeOf(x).channels === channels;
  // In pre-activation networks a shortcut with a convolution starts behind the nonlinearity.
  const startsLate = style.order === 'norm-act-conv' && style.shortcut.includes('conv') && !isIdentity;
  const first = unit(g, layers, names(1), { outChannels: channels, stride });
  const input = first.before(x);
  const around = isIdentity ? x : shortcut(g, startsLate ? input : x, `${at}${shortcutName}`, shape, layers);
  const skipsEach = style.skips === 'conv';
  const y = first.after(input, skipsEach ? { around } : {});
  const second = unit(g, layers, names(2), { outChannels: channels });
  const inner = second.before(y);
  const outer = skipsEach ? y : around;
  return style.endsWithNorm
    ? g.add(g.batchNorm(second.after(inner), `${at}bn3`, { epsilon: style.normEpsilon }), outer)
    : second.after(inner, { around: outer });
}

/** What leads around a block that halves the map or changes its channels. */
function shortcut(
  g: NetworkBuilder,
  x: Value,
  name: string,
  { channels, stride }: BlockShape,
  { style, conv }: TrainedLayers,
): Value {
  const mean = (map: Value): Value => (stride === 1 ? map : g.avgPool(map, 2));
  const norm = (map: Value): Value => g.batchNorm(map, `${name}.1`, { epsilon: style.normEpsilon });
  switch (style.shortcut) {
    case 'average-pad':
      return averagedShortcut(g, x, channels);
    case 'slice-pad':
      return slicedShortcut(g, x, channels);
    case 'conv':
      return norm(g.floatConv(x, `${name}.0`, { outChannels: channels, kernel: 1, stride }));
    case 'binary-conv':
      return norm(conv(g, x, `${name}.0`, { outChannels: channels, kernel: 1, stride }));
    case 'average-conv':
      return norm(g.floatConv(mean(x), `${name}.0`, { outChannels: channels, kernel: 1 }));
    case 'conv-average':
      return mean(norm(g.floatConv(x, `${name}.0`, { outChannels: channels, kernel: 1 })));
  }
}
