import { DATA_FORMATS } from '@signwave/data';
import * as v from 'valibot';
import { ARCHITECTURES } from '../models/index.js';
import { ACTIVATION_QUANTIZERS, WEIGHT_QUANTIZERS } from '../quantizers/index.js';
import { DECAY_GROUPS, RECIPES } from './recipes.js';

// The shape of a config file. Values that depend on the recipe or the data set have no default here: parse-config.ts fills them in.

const positive = v.pipe(v.number(), v.gtValue(0));
const notNegative = v.pipe(v.number(), v.minValue(0));
const whole = (from: number, to: number = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(to));
const text = v.pipe(v.string(), v.nonEmpty());
const share = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
/** On a scale where pixels are 0 to 1. */
const mean = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const perChannel = (item: typeof positive | typeof mean) => v.pipe(v.array(item), v.minLength(1), v.maxLength(3));

const STAGE = v.strictObject({
  epochs: v.optional(whole(1)),
  firstEpoch: v.optional(whole(0, 1)),
  learningRate: v.optional(positive),
  weightDecay: v.optional(notNegative),
  decay: v.optional(v.picklist(DECAY_GROUPS)),
  momentum: v.optional(share),
  tau: v.optional(notNegative),
  warmUpEpochs: v.optional(whole(0)),
});

const AUGMENTATION = v.strictObject({
  cropPadding: v.optional(whole(0, 16)),
  flip: v.optional(v.boolean()),
  resizedCropArea: v.optional(share),
});

const DATA = v.strictObject({
  format: v.picklist(DATA_FORMATS),
  folder: text,
  sha256: v.optional(v.record(text, v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/i, '64 hexadecimal digits'))), {}),
  trainImages: v.optional(whole(2)),
  testImages: v.optional(whole(1)),
  side: v.optional(whole(8, 1024), 224),
  augmentation: v.optional(AUGMENTATION),
  mean: v.optional(perChannel(mean)),
  std: v.optional(perChannel(positive)),
});

const namesOf = <T extends object>(registry: T) => Object.keys(registry) as Extract<keyof T, string>[];

const QUANTIZERS = v.strictObject({
  weights: v.picklist(namesOf(WEIGHT_QUANTIZERS)),
  activations: v.optional(v.picklist(namesOf(ACTIVATION_QUANTIZERS))),
});

const DISTILLATION = v.strictObject({
  teacher: text,
  architecture: v.picklist(namesOf(ARCHITECTURES)),
  temperature: v.optional(positive, 4),
  weight: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.9),
});

export const CONFIG = v.strictObject({
  architecture: v.picklist(namesOf(ARCHITECTURES)),
  quantizers: v.optional(QUANTIZERS),
  omega0: v.optional(positive, 20),
  recipe: v.optional(v.picklist(RECIPES), 'code'),
  stages: v.optional(v.strictObject({ '1': v.optional(STAGE), '2': v.optional(STAGE) })),
  batchSize: v.optional(whole(2, 65_536)),
  labelSmoothing: v.optional(share, 0),
  distillation: v.optional(DISTILLATION),
  data: DATA,
  seed: v.optional(whole(0, 2 ** 32 - 1), 0),
  output: text,
  metricsEverySteps: v.optional(whole(1), 20),
});

export type WrittenConfig = v.InferOutput<typeof CONFIG>;
