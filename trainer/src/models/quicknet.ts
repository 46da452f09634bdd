import { batchNorm } from '../layers/batch-norm.js';
import { convolution, type Layer } from '../layers/convolution.js';
import { blur, depthwise } from '../layers/depthwise.js';
import { constant, glorotNormal, heNormal } from '../layers/initialisers.js';
import { linear } from '../layers/linear.js';
import { globalAvgPool, maxPool } from '../layers/pools.js';
import { relu } from '../layers/relu.js';
import { padSame } from '../layers/same-pads.js';
import type { Precision } from '../methods/method.js';
import type { Definition } from './define-network.js';
import type { StageWidths } from './resnets.js';
import { type UnitContext, unit } from './unit.js';

/** Keras's batch norm, which the stem has. Those behind binary layers have the network's epsilon and momentum. */
const KERAS_NORM = { epsilon: 1e-3, momentum: 0.01 } as const;

/**
 * QuickNet (Bannink et al. 2021, arXiv:2011.09398; larq/zoo, larq_zoo/sota/quicknet.py), for squares of any size. Keras says where pads lie:
 * with a stride, one row and column more behind the map than before it. Binary layers pad with +1.
 *
 * @param blocks binary layers of each of the four sections. @param widths their channels.
 */
export function quicknet(blocks: StageWidths, widths: StageWidths): (precision: Precision) => Definition {
  return (precision) =>
    (store, { quantizers, style }, { classes }) => {
      const { tf } = store;
      const context: UnitContext = {
        store,
        quantizers,
        style,
        precision,
        initialise: glorotNormal,
        hasBeta: false,
        padValue: 1,
      };
      const first = stem(context, widths[0]);
      store.stages = blocks.length;
      const sections = blocks.map((count, i) => {
        const name = `layer${i + 1}`;
        const channels = widths[i]!;
        const from = widths[i - 1] ?? channels;
        const enter = from === channels ? undefined : transition(context, `${name}.transition`, from, channels);
        const layers = Array.from({ length: count }, (_, j) => residual(context, `${name}.${j}`, channels));
        return enter ? [enter, ...layers] : layers;
      });
      const last = widths[3];
      const classify = linear(store, 'fc', last, classes, { weight: glorotNormal, bias: constant(0) });
      return (images, training) => {
        let x = first(images, training);
        sections.forEach((layers, i) => {
          x = layers.reduce((map, layer) => layer(map, training), x);
          store.features.set(`stage${i + 1}`, x);
        });
        return classify(globalAvgPool(tf, relu(tf, x)));
      };
    };
}

/** Two strides of 2 in floats: a convolution of a quarter of the channels, then one of each channel and one of single pixels. */
function stem({ store }: UnitContext, channels: number): Layer {
  const { tf } = store;
  const inner = channels / 4;
  const shape = { inChannels: 3, outChannels: inner, kernel: 3, stride: 2 };
  const first = convolution(store, 'stem.conv1', shape, { initialise: heNormal });
  const firstNorm = batchNorm(store, 'stem.bn1', inner, KERAS_NORM);
  const each = depthwise(store, 'stem.depthwise', inner);
  const eachNorm = batchNorm(store, 'stem.bn2', inner, { ...KERAS_NORM, isAffine: false });
  const pixels = { inChannels: inner, outChannels: channels, kernel: 1 };
  const second = convolution(store, 'stem.conv2', pixels, { initialise: heNormal });
  const secondNorm = batchNorm(store, 'stem.bn3', channels, KERAS_NORM);
  return (images, training) => {
    const halved = first(padSame(tf, images, { kernel: 3, stride: 2 }), training);
    const quartered = eachNorm(each(relu(tf, firstNorm(halved, training)), training), training);
    return secondNorm(second(quartered, training), training);
  };
}

/** A binary convolution behind its signs, ReLU and batch norm, with a shortcut around all of them. */
function residual(context: UnitContext, name: string, channels: number): Layer {
  const names = { conv: `${name}.conv`, norm: `${name}.bn`, act: `${name}.act` };
  const layer = unit(context, names, { inChannels: channels, outChannels: channels, kernel: 3, pad: 1 });
  return (x, training) => layer.after(layer.before(x, training), training, { around: x });
}

/** Halves a map and changes its channels, in floats: a blurred maximum (arXiv:1904.11486), then a convolution of single pixels. */
function transition({ store, style }: UnitContext, name: string, from: number, channels: number): Layer {
  const { tf } = store;
  const shape = { inChannels: from, outChannels: channels, kernel: 1 };
  const project = convolution(store, `${name}.conv`, shape, { initialise: glorotNormal });
  const normalise = batchNorm(store, `${name}.bn`, channels, { epsilon: style.normEpsilon });
  return (x, training) => normalise(project(blur(tf, maxPool(tf, relu(tf, x), 2, 1)), training), training);
}
