import { DATA_FORMATS } from '@signwave/data';
import * as v from 'valibot';
import { RECIPES } from '../methods/biper-preset.js';
import { ACTIVATION_QUANTIZER_NAMES, METHOD_NAMES, WEIGHT_QUANTIZER_NAMES } from '../methods/index.js';
import { ARCHITECTURES } from '../models/index.js';
import { STYLE_CHOICES } from '../models/network-style.js';
import { DECAY_RULES, OPTIMIZERS } from '../optimizer/index.js';
import { WAVE_RANGES } from '../warm-start/filters.js';

// The shape of a config file. Values that depend on the method or the data set have no default here: parse-config.ts fills them in. The
// descriptions are what editors show: trainer/scripts/write-config-schema.mjs makes config.schema.json of this.

type AnySchema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/** A key with what it means. */
export const about = <S extends AnySchema>(text: string, schema: S) =>
  v.pipe(schema, v.description<v.InferOutput<S>, string>(text));
/** The same for a key that may be left out. */
export const optional = <S extends AnySchema>(text: string, schema: S) => v.optional(about(text, schema));

const positive = v.pipe(v.number(), v.gtValue(0));
const notNegative = v.pipe(v.number(), v.minValue(0));
const whole = (from: number, to: number = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(to));
export const text = v.pipe(v.string(), v.nonEmpty());
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
  epochs: optional('Length of the schedule; epochs firstEpoch to epochs - 1 are run.', whole(1)),
  firstEpoch: optional('First epoch to run. In BiPer’s second stage it is 1.', whole(0, 1)),
  optimizer: optional(
    'adam adds weight decay to the gradient, adamw shrinks the parameters by it, as PyTorch’s do.',
    v.picklist(OPTIMIZERS),
  ),
  learningRate: optional('The full learning rate, which warm-up rises to and the schedule falls from.', positive),
  schedule: optional('How the learning rate falls between warm-up and end.', SCHEDULE),
  warmUpEpochs: optional('Epochs in which the learning rate rises to its full value.', whole(0)),
  weightDecay: optional('Weight of the L2 penalty, as in PyTorch’s optimizers.', notNegative),
  decay: optional(
    'Which parameters decay: all; those with conv or fc in their name; filters and matrices alone; or all but the latent weights of binary layers.',
    v.picklist(DECAY_RULES),
  ),
  momentum: optional('Of SGD.', share),
  nesterov: optional('Whether SGD takes Nesterov’s momentum.', v.boolean()),
  latent: optional(
    'Another optimizer for the latent weights of binary layers, on the same schedule, as larq’s CaseOptimizer.',
    v.strictObject({
      optimizer: about('Its kind.', v.picklist(OPTIMIZERS)),
      learningRate: about('Its full learning rate.', positive),
    }),
  ),
  statisticsImages: optional(
    'Training images on which statistics of batch norms are recomputed before each test and save; 0 for the running ones.',
    whole(0),
  ),
  tau: optional('Weight of the loss that the method has beside the cross entropy.', notNegative),
});

/** Where the network's style differs from the method's. */
const STYLE = v.strictObject({
  order: optional('What a binary convolution stands among, in this order.', v.picklist(STYLE_CHOICES.order)),
  nonlinearity: optional(
    'What follows a convolution or its shortcut; prelu has a slope for each channel, scalar-prelu one for all, rprelu is ReActNet’s and maxout AdaBin’s.',
    v.picklist(STYLE_CHOICES.nonlinearity),
  ),
  skips: optional(
    'Whether a shortcut leads around each convolution, or one around the two of a block.',
    v.picklist(STYLE_CHOICES.skips),
  ),
  shortcut: optional(
    'The shortcut of a block that halves the map or changes its channels.',
    v.picklist(STYLE_CHOICES.shortcut),
  ),
  stem: optional('What follows the first convolution; bias is its own.', v.picklist(STYLE_CHOICES.stem)),
  stemPool: optional(
    'Where the windows of the pool after the first convolution lie, in networks that have one: padded by 1 on all sides, or at the lower right alone.',
    v.picklist(STYLE_CHOICES.stemPool),
  ),
  tail: optional(
    'What lies between the last block and the classifier, beside the mean over the map; after map- it precedes the mean.',
    v.picklist(STYLE_CHOICES.tail),
  ),
  normScale: optional('Initial scale (gamma) of every batch norm of a map.', positive),
  normEpsilon: optional('Epsilon of every batch norm.', positive),
  normMomentum: optional(
    'Share of a new batch in the running statistics of every batch norm, as PyTorch’s momentum.',
    v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  ),
  normIsAffine: optional(
    'Whether batch norms before a binary convolution have a learned scale and shift.',
    v.boolean(),
  ),
  endsWithNorm: optional(
    'Whether a block’s last convolution has a batch norm of its own before the shortcut is added; for the order norm-act-conv.',
    v.boolean(),
  ),
  hasBias: optional('Whether binary convolutions have a bias.', v.boolean()),
});

const AUGMENTATION = v.strictObject({
  cropPadding: optional(
    'Pixels of black that are added around an image before it is cropped at random; for images of one size.',
    whole(0, 16),
  ),
  flip: optional(
    'Whether half of the images are mirrored: at random, or with alternate each image in every second epoch.',
    v.union([v.boolean(), v.literal('alternate')]),
  ),
  resizedCropArea: optional(
    'Least share of an image that a random crop takes before it is resized; 0 for the middle of each image. For folders.',
    share,
  ),
});

const DATA = v.strictObject({
  format: about('Kind of data set; docs/cli.md says what its folder contains.', v.picklist(DATA_FORMATS)),
  folder: about('Where the data set is; ~ is the home folder.', text),
  sha256: v.optional(
    about(
      'SHA-256 of files of the data set, by name; a file with another is refused.',
      v.record(text, v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{64}$/, '64 hexadecimal digits'))),
    ),
    {},
  ),
  trainImages: optional('Train on this many images, taken evenly over the whole set.', whole(2)),
  testImages: optional('Test on this many images, taken evenly over the whole set.', whole(1)),
  side: v.optional(about('Images of a folder are resized and cropped to this height and width.', whole(8, 1024)), 224),
  augmentation: optional('Random changes of the training images.', AUGMENTATION),
  mean: optional('Mean of each channel, on a scale where pixels are 0 to 1.', perChannel(mean)),
  std: optional('Standard deviation of each channel, on the same scale.', perChannel(positive)),
});

const namesOf = <T extends object>(registry: T) => Object.keys(registry) as Extract<keyof T, string>[];

const QUANTIZERS = v.strictObject({
  weights: optional(
    'Take the weights of this method. Of larq’s quantizers there are ste-sign and swish-sign; ste_tern isn’t offered, because a ternary weight needs two bits.',
    v.picklist(WEIGHT_QUANTIZER_NAMES),
  ),
  activations: optional(
    'Take the activations of this method; per-sample is that of BiPer’s code, biper that of its paper, rsign that of ReActNet. Of larq’s quantizers there are ste-sign and swish-sign; its approx_sign is biper.',
    v.picklist(ACTIVATION_QUANTIZER_NAMES),
  ),
});

const DISTILLATION = v.strictObject({
  teacher: about('Checkpoint of a trained float network.', text),
  architecture: about('Its network.', v.picklist(namesOf(ARCHITECTURES))),
  temperature: v.optional(about('Temperature of the logits of both networks.', positive), 4),
  weight: optional(
    'Weight of the teacher’s logits in the loss, the labels having the rest; by default 0.9, or 0 for methods that only take features from it.',
    v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  ),
  cache: optional(
    'File in which the teacher’s logits for each view of an image are kept, for this run and others; ~ is the home folder.',
    text,
  ),
});

const WARM_START = v.strictObject({
  checkpoint: about('Checkpoint of a network that signwave trained, by any method; ~ is the home folder.', text),
  range: v.optional(
    about(
      'Where BiPer’s weights take over real ones: which magnitude of a filter becomes the wave’s 1, its largest one, or three standard deviations.',
      v.picklist(WAVE_RANGES),
    ),
    'max',
  ),
});

export const CONFIG = v.strictObject({
  $schema: optional('Schema that an editor checks this file by; signwave doesn’t read it.', text),
  architecture: about(
    'Network: 1w1a has binary weights and activations, 1w32a binary weights alone; float networks are those of full precision.',
    v.picklist(namesOf(ARCHITECTURES)),
  ),
  method: v.optional(
    about(
      'What trains the network: its quantizers, loss, style of network and published recipe. docs/methods.md has all of them.',
      v.picklist(METHOD_NAMES),
    ),
    'biper',
  ),
  methodOptions: optional(
    'Options of the method; those left out have its defaults.',
    v.record(text, v.union([v.number(), v.string()])),
  ),
  network: optional('Where the network’s style differs from the method’s.', STYLE),
  quantizers: optional('Where quantizers differ from the method’s.', QUANTIZERS),
  omega0: v.optional(about('Frequency of BiPer’s wave.', positive), 20),
  recipe: v.optional(
    about('For BiPer: whether the authors’ scripts or the paper’s text say what isn’t given.', v.picklist(RECIPES)),
    'code',
  ),
  stages: optional(
    'The stages to run; by default all that the method has. Values left out are the method’s.',
    v.strictObject({
      '1': optional('The first stage, or the only one.', STAGE),
      '2': optional('The second stage.', STAGE),
    }),
  ),
  batchSize: optional('Images of a step; by default the method’s.', whole(2, 65_536)),
  labelSmoothing: optional('Share of each label that is spread over all classes; by default the method’s.', share),
  weightClip: optional(
    'Latent weights of binary layers are clipped to plus or minus this after each step, as by larq’s weight_clip; 0 for no clip. By default the method’s.',
    notNegative,
  ),
  warmStart: optional(
    'A trained network whose tensors this one starts from, by name and shape, in place of random values.',
    WARM_START,
  ),
  distillation: optional('A float network to learn from.', DISTILLATION),
  data: about('The data set.', DATA),
  seed: v.optional(about('Of initial weights, order of images and augmentation.', whole(0, 2 ** 32 - 1)), 0),
  output: about('Folder for checkpoints, metrics and the report; ~ is the home folder.', text),
  metricsEverySteps: v.optional(
    about('A line of metrics is written each time this many steps are done.', whole(1)),
    20,
  ),
});

export type WrittenConfig = v.InferOutput<typeof CONFIG>;
