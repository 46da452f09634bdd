import type { Architecture } from '../architecture.js';
import { adaBinConv, adaBinFinish } from '../methods/adabin.js';
import { biperImagenetConv } from '../methods/biper.js';
import { irNetConv } from '../methods/irnet.js';
import { rbnnConv } from '../methods/rbnn.js';
import { recuConv } from '../methods/recu.js';
import { resteConv } from '../methods/reste.js';
import type { NetworkBuilder } from '../network-builder.js';
import { normHardtanh, type ResidualStyle, reluNorm, residualBlock } from '../residual-block.js';

/** Blocks of the four stages, of 64, 128, 256 and 512 channels. */
const DEPTHS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  resnet18_1w1a: [2, 2, 2, 2],
  resnet34_1w1a: [3, 4, 6, 3],
};
const STEM_CHANNELS = 64;
const FEATURES = 512;

/** What tells the networks apart. */
interface Variant extends ResidualStyle {
  readonly method: string;
  readonly needsOmega0?: boolean;
  /** Where a stage halves the map, a 2 x 2 mean comes before the 1 x 1 convolution, which then has no stride. */
  readonly averagesShortcut?: boolean;
  /** Tensors that the code makes and `forward` doesn't use. */
  readonly unused?: (g: NetworkBuilder) => void;
  readonly endsWithLogSoftmax?: boolean;
}

/**
 * A float 7 x 7 stem, a shortcut around each binary convolution, float 1 x 1 convolutions where a stage halves the map:
 * imagenet/models_imagenet/resnet.py of BiPer, and its kin.
 */
function imagenetResnet(name: string, variant: Variant): Architecture {
  const { method, needsOmega0 = false, averagesShortcut = false } = variant;
  return {
    name,
    method,
    needsOmega0,
    preprocess: 'imagenet',
    classifier: 'fc',
    build(g) {
      let x = g.image(224, 224, 3);
      x = g.floatConv(x, 'conv1', { outChannels: STEM_CHANNELS, kernel: 7, stride: 2, pad: 3 });
      x = g.maxPool(variant.finish(g, x, '', 1), 3, { stride: 2, pad: 1 });
      DEPTHS[name]!.forEach((blocks, stage) => {
        const outChannels = STEM_CHANNELS * 2 ** stage;
        for (let block = 0; block < blocks; block++) {
          const at = `layer${stage + 1}.${block}.`;
          const stride = stage > 0 && block === 0 ? 2 : 1;
          let shortcut = x;
          if (stride > 1) {
            const operand = averagesShortcut ? g.avgPool(x, stride, { ceilMode: true, countPads: false }) : x;
            const first = averagesShortcut ? 1 : 0;
            const convStride = averagesShortcut ? 1 : stride;
            shortcut = g.floatConv(operand, `${at}downsample.${first}`, { outChannels, kernel: 1, stride: convStride });
            shortcut = g.batchNorm(shortcut, `${at}downsample.${first + 1}`);
          }
          x = residualBlock(g, x, at, { outChannels, stride }, variant, shortcut);
        }
      });
      x = g.batchNorm(g.avgPool(x, 7, { stride: 1 }), 'bn2');
      x = g.floatLinear(x, 'fc', g.classes);
      if (variant.endsWithLogSoftmax) g.softmax(x, { log: true });
      variant.unused?.(g);
    },
  };
}

const classBatchNorm = (g: NetworkBuilder): void => g.unusedBatchNorm('bn3', g.classes);

const doubleSkip = { skips: 'conv', finish: normHardtanh } as const;

const VARIANTS: readonly Variant[] = [
  { ...doubleSkip, method: 'biper', needsOmega0: true, conv: biperImagenetConv },
  { ...doubleSkip, method: 'recu', conv: recuConv },
  { ...doubleSkip, method: 'irnet', conv: irNetConv, unused: classBatchNorm, endsWithLogSoftmax: true },
  { ...doubleSkip, method: 'rbnn', conv: rbnnConv, unused: classBatchNorm },
  { ...doubleSkip, method: 'reste', conv: resteConv, finish: reluNorm },
  {
    ...doubleSkip,
    method: 'adabin',
    conv: adaBinConv,
    finish: adaBinFinish,
    averagesShortcut: true,
    unused(g) {
      classBatchNorm(g);
      for (const part of ['neg_scale', 'pos_scale']) g.state.skip(`nonlinear2.${part}`, [[FEATURES]]);
    },
  },
];

export const imagenetResnets: readonly Architecture[] = VARIANTS.flatMap((variant) =>
  Object.keys(DEPTHS).map((name) => imagenetResnet(name, variant)),
);
