import { DATA_FORMATS } from '@signwave/data';
import * as v from 'valibot';
import { RECIPES } from '../methods/biper-preset.js';
import { ACTIVATION_QUANTIZER_NAMES, METHOD_NAMES, WEIGHT_QUANTIZER_NAMES } from '../methods/index.js';
import { ARCHITECTURES } from '../models/index.js';
import { STYLE_CHOICES } from '../models/network-style.js';
import { DECAY_RULES, OPTIMIZERS } from '../optimizer/index.js';

// The shape of a config file. Values that depend on the method or the data set have no default here: parse-config.ts fills them in.

const positive = v.pipe(v.number(), v.gtValue(0));
const notNegative = v.pipe(v.number(), v.minValue(0));
const whole = (from: number, to: number = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(to));
const text = v.pipe(v.string(), v.nonEmpty());
const share = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
/** On a scale where pixels are 0 to 1. */
const mean = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const perChannel = (item: typeof positive | typeof mean) => v.pipe(v.array(item), v.minLength(1), v.maxLength(3));

/** Of a stage: when milestones are reached, as shares of the epochs after warm-up. */
const time = v.pipe(v.number(), v.gtValue(0), v.ltValue(1));

const SCHEDULE = v.variant('type', [
  v.strictObject({ type: v.picklist(['biper-code', 'cosine', 'constant', 'linear', 'one-cycle']) }),
  v.strictObject({ type: v.literal('poly'), power: v.optional(positive, 1) }),
  v.strictObject({
    type: v.literal('steps'),
    at: v.pipe(v.array(time), v.minLength(1)),
    factor: v.optional(v.union([positive, v.array(positive)]), 0.1),
  }),
]);

const STAGE = v.strictObject({
  epochs: v.optional(whole(1)),
  firstEpoch: v.optional(whole(0, 1)),
  optimizer: v.optional(v.picklist(OPTIMIZERS)),
  learningRate: v.optional(positive),
  schedule: v.optional(SCHEDULE),
  warmUpEpochs: v.optional(whole(0)),
  weightDecay: v.optional(notNegative),
  decay: v.optional(v.picklist(DECAY_RULES)),
  momentum: v.optional(share),
  nesterov: v.optional(v.boolean()),
  tau: v.optional(notNegative),
});

/** Where the network's style differs from the method's. */
const STYLE = v.strictObject({
  order: v.optional(v.picklist(STYLE_CHOICES.order)),
  nonlinearity: v.optional(v.picklist(STYLE_CHOICES.nonlinearity)),
  skips: v.optional(v.picklist(STYLE_CHOICES.skips)),
  shortcut: v.optional(v.picklist(STYLE_CHOICES.shortcut)),
  stem: v.optional(v.picklist(STYLE_CHOICES.stem)),
  stemPool: v.optional(v.picklist(STYLE_CHOICES.stemPool)),
  tail: v.optional(v.picklist(STYLE_CHOICES.tail)),
  normScale: v.optional(positive),
  normEpsilon: v.optional(positive),
  normIsAffine: v.optional(v.boolean()),
  endsWithNorm: v.optional(v.boolean()),
  hasBias: v.optional(v.boolean()),
});

const AUGMENTATION = v.strictObject({
  cropPadding: v.optional(whole(0, 16)),
  flip: v.optional(v.boolean()),
  resizedCropArea: v.optional(share),
});

const DATA = v.strictObject({
  format: v.picklist(DATA_FORMATS),
  folder: text,
  sha256: v.optional(v.record(text, v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{64}$/, '64 hexadecimal digits'))), {}),
  trainImages: v.optional(whole(2)),
  testImages: v.optional(whole(1)),
  side: v.optional(whole(8, 1024), 224),
  augmentation: v.optional(AUGMENTATION),
  mean: v.optional(perChannel(mean)),
  std: v.optional(perChannel(positive)),
});

const namesOf = <T extends object>(registry: T) => Object.keys(registry) as Extract<keyof T, string>[];

const QUANTIZERS = v.strictObject({
  weights: v.optional(v.picklist(WEIGHT_QUANTIZER_NAMES)),
  activations: v.optional(v.picklist(ACTIVATION_QUANTIZER_NAMES)),
});

const DISTILLATION = v.strictObject({
  teacher: text,
  architecture: v.picklist(namesOf(ARCHITECTURES)),
  temperature: v.optional(positive, 4),
  weight: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
});

export const CONFIG = v.strictObject({
  $schema: v.optional(text),
  architecture: v.picklist(namesOf(ARCHITECTURES)),
  method: v.optional(v.picklist(METHOD_NAMES), 'biper'),
  methodOptions: v.optional(v.record(text, v.union([v.number(), v.string()]))),
  network: v.optional(STYLE),
  quantizers: v.optional(QUANTIZERS),
  omega0: v.optional(positive, 20),
  recipe: v.optional(v.picklist(RECIPES), 'code'),
  stages: v.optional(v.strictObject({ '1': v.optional(STAGE), '2': v.optional(STAGE) })),
  batchSize: v.optional(whole(2, 65_536)),
  labelSmoothing: v.optional(share),
  distillation: v.optional(DISTILLATION),
  data: DATA,
  seed: v.optional(whole(0, 2 ** 32 - 1), 0),
  output: text,
  metricsEverySteps: v.optional(whole(1), 20),
});

export type WrittenConfig = v.InferOutput<typeof CONFIG>;
