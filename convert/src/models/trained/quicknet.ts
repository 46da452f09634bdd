import { f32Tensor, type MapShape, type Pads, type Size2, type Value } from '@signwave/format';
import { padsOf } from '../../tflite/same-pads.js';
import type { Architecture } from '../architecture.js';
import type { NetworkBuilder } from '../network-builder.js';
import { type TrainedLayers, unit } from './unit.js';

type Sections = readonly [number, number, number, number];

/** Keras's epsilon, which the stem's batch norms have. */
const KERAS_EPSILON = 1e-3;
/** A mean that is weighed by 1, 2, 1 in both directions. */
const BLUR = [1, 2, 1, 2, 4, 2, 1, 2, 1].map((part) => part / 16);

/** QuickNet of the trainer: trainer/src/models/quicknet.ts. */
export const buildQuicknet =
  (blocks: Sections, widths: Sections) =>
  (layers: TrainedLayers, { height, width, channels }: MapShape): Architecture['build'] =>
  (g) => {
    let x = stem(g, g.image(height, width, channels), widths[0]);
    blocks.forEach((count, i) => {
      const outChannels = widths[i]!;
      const at = `layer${i + 1}`;
      if (g.shapeOf(x).channels !== outChannels) {
        x = transition(g, x, `${at}.transition`, outChannels, layers.style.normEpsilon);
      }
      for (let j = 0; j < count; j++) {
        const names = { conv: `${at}.${j}.conv`, norm: `${at}.${j}.bn`, act: `${at}.${j}.act` };
        const layer = unit(g, layers, names, { outChannels, padValue: 1 });
        x = layer.after(layer.before(x), { around: x });
      }
    });
    g.floatLinear(g.globalAvgPool(g.relu(x)), 'fc', g.classes);
    // What LCR-BNN's loss multiplies the stages' maps by.
    g.state.skip('gamma', [[1, blocks.length]], { isOptional: true });
  };

function stem(g: NetworkBuilder, image: Value, outChannels: number): Value {
  const inner = outChannels / 4;
  const options = { outChannels: inner, kernel: 3, stride: 2 };
  let x = g.floatConv(image, 'stem.conv1', { ...options, pad: halvingPads(g, image) });
  x = g.relu(g.batchNorm(x, 'stem.bn1', { epsilon: KERAS_EPSILON }));
  x = g.floatConv(x, 'stem.depthwise', { ...options, groups: inner, pad: halvingPads(g, x) });
  x = g.batchNorm(x, 'stem.bn2', { epsilon: KERAS_EPSILON, isAffine: false });
  x = g.floatConv(x, 'stem.conv2', { outChannels, kernel: 1 });
  return g.batchNorm(x, 'stem.bn3', { epsilon: KERAS_EPSILON });
}

function transition(g: NetworkBuilder, x: Value, name: string, outChannels: number, epsilon: number): Value {
  const { channels } = g.shapeOf(x);
  const maxima = g.maxPool(g.relu(x), 2, { stride: 1 });
  const filters = Float32Array.from({ length: channels * BLUR.length }, (_, i) => BLUR[i % BLUR.length]!);
  const blurred = g.conv(maxima, f32Tensor([channels, 3, 3, 1], filters), {
    name: `${name}.blur`,
    stride: 2,
    groups: channels,
    pad: halvingPads(g, maxima),
  });
  return g.batchNorm(g.floatConv(blurred, `${name}.conv`, { outChannels, kernel: 1 }), `${name}.bn`, { epsilon });
}

/** Keras's "same" pads of a 3 x 3 convolution with stride 2. */
function halvingPads(g: NetworkBuilder, x: Value): Pads {
  const [window, stride, dilation] = [3, 2, 1].map((size) => ({ height: size, width: size })) as [Size2, Size2, Size2];
  return padsOf('same', g.shapeOf(x), { window, stride, dilation });
}
