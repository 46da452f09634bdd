import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { adaBinConv, adaBinFinish, maxout } from '../methods/adabin.js';
import { biperImagenetConv } from '../methods/biper.js';
import { irNetConv, irNetFloatActivationConv } from '../methods/irnet.js';
import { rbnnConv } from '../methods/rbnn.js';
import { recuConv } from '../methods/recu.js';
import { A32_OPTION, resteConv, resteFloatActivationConv } from '../methods/reste.js';
import type { NetworkBuilder } from '../network-builder.js';
import {
  FLOAT_ACTIVATIONS,
  FLOAT_WEIGHTS,
  normHardtanh,
  normRelu,
  type ResidualStyle,
  reluNorm,
  residualBlock,
} from '../residual-block.js';

/** Number of blocks in the four stages of 64, 128, 256 and 512 channels. */
const DEPTHS = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3] } as const;
type Depth = keyof typeof DEPTHS;
const STEM_CHANNELS = 64;
const DEEP_STEM_CHANNELS = 32;
const FEATURES = 512;

/** What differs between the methods' networks. */
interface Variant extends ResidualStyle {
  readonly method: string;
  readonly needsOmega0?: boolean;
  readonly activations?: '1a' | '32a';
  /** Suffix of the names in the method's code. */
  readonly suffix?: string;
  readonly mustBeNamed?: Architecture['mustBeNamed'];
  readonly onlyIfNamed?: Architecture['onlyIfNamed'];
  /** `avg_down`: the 1 x 1 convolution of a shortcut may have a 2 x 2 mean before it; then it has no stride. */
  readonly canAverage?: boolean;
  /**
   * `deep_stem`: three 3 x 3 convolutions may replace the stem's; this gives what lies between them. Absent if the code has no such stem.
   */
  readonly deepStem?: (g: NetworkBuilder, x: Value, name: string) => Value;
  /** Declares tensors that the code makes but `forward` doesn't use. */
  readonly unused?: (g: NetworkBuilder) => void;
  readonly endsWithLogSoftmax?: boolean;
}

/** Options of the code's constructors, which the names of tensors reveal. */
interface Options {
  readonly averages: boolean;
  readonly isDeep: boolean;
}

/**
 * A float 7 x 7 stem, shortcuts around binary convolutions, float 1 x 1 convolutions where a stage halves the map:
 * imagenet/models_imagenet/resnet.py of BiPer, and its kin.
 */
function imagenetResnet(depth: Depth, variant: Variant, { averages, isDeep }: Options): Architecture {
  const { method, needsOmega0 = false, activations = '1a', suffix = '', mustBeNamed, onlyIfNamed } = variant;
  return {
    name: `resnet${depth}_1w${activations}${suffix}`,
    method,
    needsOmega0,
    ...(mustBeNamed && { mustBeNamed }),
    ...(onlyIfNamed && { onlyIfNamed }),
    preprocess: 'imagenet',
    classifier: 'fc',
    build(g) {
      let x = g.image(224, 224, 3);
      x = isDeep
        ? deepStem(g, x, variant.deepStem!)
        : g.floatConv(x, 'conv1', { outChannels: STEM_CHANNELS, kernel: 7, stride: 2, pad: 3 });
      x = g.maxPool(variant.finish(g, x, '', 1), 3, { stride: 2, pad: 1 });
      DEPTHS[depth].forEach((blocks, stage) => {
        const outChannels = STEM_CHANNELS * 2 ** stage;
        for (let block = 0; block < blocks; block++) {
          const at = `layer${stage + 1}.${block}.`;
          const stride = stage > 0 && block === 0 ? 2 : 1;
          const shortcut = stride === 1 ? x : projected(g, x, at, outChannels, averages);
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

function deepStem(g: NetworkBuilder, x: Value, activate: NonNullable<Variant['deepStem']>): Value {
  const inner = { outChannels: DEEP_STEM_CHANNELS, kernel: 3, pad: 1 };
  const first = g.batchNorm(g.floatConv(x, 'conv1.0', { ...inner, stride: 2 }), 'conv1.1');
  const second = g.batchNorm(g.floatConv(activate(g, first, 'conv1.2'), 'conv1.3', inner), 'conv1.4');
  return g.floatConv(activate(g, second, 'conv1.5'), 'conv1.6', { ...inner, outChannels: STEM_CHANNELS });
}

/** The shortcut where a stage halves the map: a 1 x 1 convolution and a batch norm. */
function projected(g: NetworkBuilder, x: Value, at: string, outChannels: number, averages: boolean): Value {
  const operand = averages ? g.avgPool(x, 2, { ceilMode: true, countPads: false }) : x;
  const index = averages ? 1 : 0;
  const options = { outChannels, kernel: 1, stride: averages ? 1 : 2 };
  return g.batchNorm(g.floatConv(operand, `${at}downsample.${index}`, options), `${at}downsample.${index + 1}`);
}

const classBatchNorm = (g: NetworkBuilder): void => g.unusedBatchNorm('bn3', g.classes);
const hardtanh: Variant['deepStem'] = (g, x) => g.hardtanh(x);

const doubleSkip = { skips: 'conv', finish: normHardtanh } as const;
const irnet = { method: 'irnet', canAverage: true, unused: classBatchNorm, endsWithLogSoftmax: true } as const;
const reste = { ...doubleSkip, method: 'reste', finish: reluNorm } as const;

const VARIANTS: readonly Variant[] = [
  { ...doubleSkip, method: 'biper', needsOmega0: true, conv: biperImagenetConv, canAverage: true },
  { ...doubleSkip, method: 'recu', conv: recuConv, canAverage: true },
  { ...doubleSkip, ...irnet, conv: irNetConv, deepStem: hardtanh },
  {
    ...irnet,
    conv: irNetFloatActivationConv,
    skips: 'block',
    finish: normRelu,
    activations: '32a',
    deepStem: (g, x) => g.relu(x),
    mustBeNamed: FLOAT_ACTIVATIONS,
  },
  {
    // github.com/42Shawn/LCR_BNN (LCR/imagenet/models/resnet_ir.py): IR-Net's network without the LogSoftmax; gamma is used only by the loss.
    ...doubleSkip,
    method: 'lcr',
    suffix: '_IR',
    conv: irNetConv,
    canAverage: true,
    deepStem: hardtanh,
    unused(g) {
      g.unusedBatchNorm('bn3', g.classes, { isOptional: true });
      g.state.skip('gamma', [[1, 4]]);
    },
  },
  { ...doubleSkip, method: 'rbnn', conv: rbnnConv, canAverage: true, deepStem: hardtanh, unused: classBatchNorm },
  { ...reste, conv: resteConv, mustBeNamed: FLOAT_WEIGHTS },
  { ...reste, conv: resteFloatActivationConv, activations: '32a', onlyIfNamed: A32_OPTION },
  {
    ...doubleSkip,
    method: 'adabin',
    conv: adaBinConv,
    finish: adaBinFinish,
    canAverage: true,
    deepStem: maxout,
    unused(g) {
      classBatchNorm(g);
      for (const part of ['neg_scale', 'pos_scale']) g.state.skip(`nonlinear2.${part}`, [[FEATURES]]);
    },
  },
];

const SWITCH = [false, true];

export const imagenetResnets: readonly Architecture[] = VARIANTS.flatMap((variant) =>
  ([18, 34] as const).flatMap((depth) =>
    SWITCH.flatMap((averages) =>
      SWITCH.filter((isDeep) => (!isDeep || variant.deepStem) && (!averages || variant.canAverage)).map((isDeep) =>
        imagenetResnet(depth, variant, { averages, isDeep }),
      ),
    ),
  ),
);
