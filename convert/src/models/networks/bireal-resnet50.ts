import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import type { NetworkBuilder } from '../network-builder.js';

/** Blocks and output channels of the four stages. */
const STAGES = [
  [3, 256],
  [4, 512],
  [6, 1024],
  [3, 2048],
] as const;
const STEM_CHANNELS = 64;
/** How many output channels a block has for each channel inside it. */
const EXPANSION = 4;

/** What one block passes to the next: the sums inside it, and its result. */
interface Streams {
  readonly inner: Value;
  readonly outer: Value;
}

/**
 * Bi-Real Net with 50 layers (pytorch_implementation/BiReal_50/birealnet.py of github.com/liuzechun/Bi-Real-net): bottlenecks of three
 * binary convolutions with a shortcut around each. The first convolution's shortcut comes from inside the block before.
 */
export const birealResnet50: Architecture = {
  name: 'birealnet50',
  method: 'bireal',
  needsOmega0: false,
  preprocess: 'imagenet',
  classifier: 'fc',
  build(g) {
    let x = g.image(224, 224, 3);
    x = g.batchNorm(g.floatConv(x, 'conv1', { outChannels: STEM_CHANNELS, kernel: 7, stride: 2, pad: 3 }), 'bn1');
    x = g.maxPool(x, 3, { stride: 2, pad: 1 });
    let streams: Streams = { inner: x, outer: x };
    let index = 0;
    STAGES.forEach(([blocks, outChannels], stage) => {
      for (let block = 0; block < blocks; block++) {
        const stride = stage > 0 && block === 0 ? 2 : 1;
        streams = bottleneck(g, streams, `layers.${index++}.`, { outChannels, stride, isFirstOfStage: block === 0 });
      }
    });
    g.floatLinear(g.globalAvgPool(streams.outer), 'fc', g.classes);
  },
};

function bottleneck(
  g: NetworkBuilder,
  { inner, outer }: Streams,
  at: string,
  options: { readonly outChannels: number; readonly stride: number; readonly isFirstOfStage: boolean },
): Streams {
  const { outChannels, stride, isFirstOfStage } = options;
  const { channels } = g.shapeOf(outer);
  const middle = outChannels / EXPANSION;
  const isFirst = channels === STEM_CHANNELS;
  const binary = (x: Value, name: string, to: number, kernel: number, step = 1): Value =>
    g.binaryConv(x, at + name, { outChannels: to, kernel, stride: step, weights: 'bireal' });

  let first: Value;
  if (isFirst) {
    first = g.batchNorm(g.floatConv(leakyClip(g, outer), `${at}conv1`, { outChannels: middle, kernel: 1 }), `${at}bn1`);
    // Exists in every block that changes the channels; in the first block it has nothing to add to.
    g.state.skip(`${at}down_conv1x1.weight`, [[middle, STEM_CHANNELS / EXPANSION, 1, 1]]);
  } else {
    const shortcut = isFirstOfStage
      ? g.floatConv(inner, `${at}down_conv1x1`, { outChannels: middle, kernel: 1 })
      : inner;
    first = g.add(g.batchNorm(binary(outer, 'conv1', middle, 1), `${at}bn1`), shortcut);
  }
  const halved = (x: Value): Value => (stride === 1 ? x : g.avgPool(x, stride));
  const second = g.add(g.batchNorm(binary(first, 'conv2', middle, 3, stride), `${at}bn2`), halved(first));
  const third = g.batchNorm(binary(second, 'conv3', outChannels, 1), `${at}bn3`);
  if (!isFirstOfStage) return { inner: second, outer: g.add(third, outer) };
  const projected = g.floatConv(halved(outer), `${at}downsample.1`, { outChannels, kernel: 1 });
  return { inner: second, outer: g.add(third, g.batchNorm(projected, `${at}downsample.2`)) };
}

/** `Leakyclip`: x between -1 and 1, with a slope of 0.1 outside: 0.9 clip(x) + 0.1 x. */
function leakyClip(g: NetworkBuilder, x: Value): Value {
  const { channels } = g.shapeOf(x);
  const times = (value: Value, factor: number): Value => g.affine(value, new Float32Array(channels).fill(factor));
  return g.add(times(g.hardtanh(x), 0.9), times(x, 0.1));
}
