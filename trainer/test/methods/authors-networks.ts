import { batchNorm } from '../../src/layers/batch-norm.js';
import { convolution } from '../../src/layers/convolution.js';
import type { LayerBackend } from '../../src/layers/layer-store.js';
import { linear } from '../../src/layers/linear.js';
import { globalAvgPool } from '../../src/layers/pools.js';
import type { MethodName } from '../../src/methods/index.js';
import type { Family, Precision } from '../../src/methods/method.js';
import { type Definition, defineNetwork } from '../../src/models/define-network.js';
import type { NetworkOptions } from '../../src/models/network-options.js';
import { type ResidualShape, residualNetwork, type StageShape } from '../../src/models/residual-network.js';
import { nonlinearity, unit } from '../../src/models/unit.js';
import { seededRandom } from '../../src/random.js';
import type { Network, Stage, Tensor, Tf } from '../../src/types.js';

const CLASSES = 4;
const [NARROW, WIDE] = [4, 8];
/** Of shims.py. */
const ROUNDING = 1e-6;

/** A network of test/oracle/authors/networks.py, made of the trainer's layers in the method's own style. */
export interface AuthorsNetwork {
  readonly define: Definition;
  readonly family: Family;
  readonly precision?: Precision;
  readonly options?: Partial<NetworkOptions>;
  readonly stage?: Stage;
  /** Weight of the method's own loss; default 0. */
  readonly tau?: number;
  /** What a tensor is called in the recording; default: the same. */
  readonly recordedName?: (name: string) => string;
  /** The float network that it learns from. */
  readonly teacher?: Definition;
  /** A relu lies directly behind binary convolutions, whose sums are 0 in many places: see `exact_relu` of shims.py. */
  readonly hasZeroSums?: boolean;
  /** Parameters that aren't trained. */
  readonly fixed?: RegExp;
  /** Tensors that end differently for a good reason, by their recorded names; default: none. */
  readonly endsElsewhere?: RegExp;
}

const STEM = { inChannels: 3, outChannels: NARROW, kernel: 3, pad: 1 };
const STAGES: readonly StageShape[] = [
  { channels: NARROW, blocks: 1, stride: 1 },
  { channels: WIDE, blocks: 1, stride: 2 },
];

function blocks(shape: Partial<ResidualShape> = {}): Definition {
  return residualNetwork({
    stem: STEM,
    stages: STAGES,
    precision: '1w1a',
    tail: ['bn2', 'linear'],
    shortcutName: 'shortcut',
    hasBeta: true,
    ...shape,
  });
}

/** Two binary convolutions without skips. */
function plain(precision: Precision, lastStride: number): Definition {
  return (store, { quantizers, style }) => {
    const { tf } = store;
    const context = { store, quantizers, style, precision, hasBeta: false };
    const first = convolution(store, 'conv0', STEM);
    const norm = batchNorm(store, 'bn0', NARROW);
    const act = nonlinearity(context, 'act0', NARROW);
    const names = (i: number) => ({ conv: `conv${i}`, norm: `bn${i}`, act: `act${i}` });
    const shape = { inChannels: NARROW, kernel: 3, pad: 1 };
    const units = [
      unit(context, names(1), { ...shape, outChannels: NARROW }),
      unit(context, names(2), { ...shape, outChannels: WIDE, stride: lastStride }),
    ];
    const classify = linear(store, 'fc', WIDE, CLASSES);
    return (images, training) => {
      const x = act(norm(first(images, training), training));
      const map = units.reduce((it, layer) => layer.after(layer.before(it, training), training), x);
      return classify(globalAvgPool(tf, map));
    };
  };
}

/** XNOR-Net's NIN: batch norms without parameters behind the stem and before the last convolution, relu on the classes. */
const networkInNetwork: Definition = (store, { quantizers, style }) => {
  const { tf } = store;
  const context = { store, quantizers, style, precision: '1w1a' as const, hasBeta: false };
  const withoutParameters = { isAffine: false };
  const first = convolution(store, 'first', STEM, { hasBias: true });
  const firstNorm = batchNorm(store, 'firstNorm', NARROW, withoutParameters);
  const names = (i: number) => ({ conv: `conv${i}`, norm: `bn${i}`, act: `act${i}` });
  const shape = { inChannels: NARROW, kernel: 3, pad: 1 };
  const units = [
    unit(context, names(1), { ...shape, outChannels: NARROW }),
    unit(context, names(2), { ...shape, outChannels: WIDE, stride: 2 }),
  ];
  const lastNorm = batchNorm(store, 'lastNorm', WIDE, withoutParameters);
  const last = convolution(store, 'last', { inChannels: WIDE, outChannels: CLASSES, kernel: 1 }, { hasBias: true });
  return (images, training) => {
    const x = tf.relu(firstNorm(first(images, training), training));
    const map = units.reduce((it, layer) => layer.after(layer.before(it, training), training), x);
    return globalAvgPool(tf, tf.relu(last(lastNorm(map, training), training)));
  };
};

/** The first replacement that applies, of names or parts of them. */
function renamed(replacements: readonly (readonly [from: RegExp, to: string])[]): (name: string) => string {
  return (name) => {
    const found = replacements.find(([from]) => from.test(name));
    return found ? name.replace(...(found as [RegExp, string])) : name;
  };
}

/** By their recordings' names, which are the methods'. */
export const AUTHORS_NETWORKS: Readonly<Record<string, AuthorsNetwork>> = {
  biper: { define: blocks(), family: 'resnet20', stage: '2' },
  recu: { define: blocks(), family: 'resnet20' },
  'ir-net': { define: blocks(), family: 'resnet20' },
  rbnn: { define: blocks(), family: 'resnet20' },
  reste: { define: blocks(), family: 'resnet20', hasZeroSums: true },
  'xnor-net': {
    define: networkInNetwork,
    family: 'vgg-small',
    recordedName: renamed([
      [/^firstNorm/, 'xnor.1'],
      [/^first/, 'xnor.0'],
      [/^bn1/, 'xnor.3.bn'],
      [/^conv1/, 'xnor.3.conv'],
      [/^bn2/, 'xnor.4.bn'],
      [/^conv2/, 'xnor.4.conv'],
      [/^lastNorm/, 'xnor.5'],
      [/^last/, 'xnor.6'],
    ]),
    // The authors' loop centres and clamps these at the start of the next step.
    endsElsewhere: /^xnor\.[34]\.(conv|bn)\.weight/,
  },
  'bi-real': {
    define: blocks({ tail: ['bn2', 'fc'], shortcutName: 'downsample', hasBeta: false }),
    family: 'imagenet-resnet',
    recordedName: renamed([
      [/^(layer.)\.0\.conv1\.weight/, '$1.0.binary_conv.weights'],
      [/^(layer.)\.0\.conv2\.weight/, '$1.1.binary_conv.weights'],
      [/^(layer.)\.0\.bn2/, '$1.1.bn1'],
      [/downsample\.1/, 'downsample.2'],
      [/downsample\.0/, 'downsample.1'],
    ]),
  },
  // The authors' layers have biases, which the batch norms behind them subtract again.
  bnn: { define: plain('1w1a', 2), family: 'vgg-small', options: { style: { hasBias: true } } },
  dorefa: {
    define: blocks(),
    family: 'resnet20',
    recordedName: renamed([
      [/^conv1/, 'conv0'],
      [/^bn2/, 'bn'],
      [/^linear/, 'logit'],
      [/^layer1\.0\.conv1/, 'layers.0.conv0'],
      [/^layer1\.0\.conv2/, 'layers.0.conv1'],
      [/^layer1\.0\.bn1/, 'layers.0.bn0'],
      [/^layer1\.0\.bn2/, 'layers.0.bn1'],
      [/^layer2\.0\.conv1/, 'layers.1.conv0'],
      [/^layer2\.0\.conv2/, 'layers.1.conv1'],
      [/^layer2\.0\.bn1/, 'layers.1.bn0'],
      [/^layer2\.0\.bn2/, 'layers.1.bn1'],
      [/^layer2\.0\.shortcut\.0/, 'layers.1.skip_conv'],
      [/^layer2\.0\.shortcut\.1/, 'layers.1.skip_bn'],
    ]),
  },
  dsq: {
    define: plain('1w1a', 2),
    family: 'vgg-small',
    // The gradients of the levels are another matter in the code that was recorded: see methods.py.
    fixed: /\.[lu][WA]$/,
    options: {
      // There all parameters have one rate.
      methodOptions: { variant: 'piecewise', levelRate: 1 },
      style: { order: 'conv-norm-act', nonlinearity: 'hardtanh', stem: 'norm-act' },
    },
  },
  'lq-net': {
    define: plain('1w32a', 1),
    family: 'vgg-small',
    precision: '1w32a',
    options: { style: { order: 'conv-norm-act', nonlinearity: 'relu' } },
    // Its batch norms were composed for the recording, without running statistics, and TensorFlow counts steps elsewhere.
    endsElsewhere: /running_|step/,
  },
  'lcr-bnn': {
    define: blocks({
      stages: [...STAGES, { channels: WIDE, blocks: 1, stride: 2 }],
      tail: ['bn2', 'fc'],
      shortcutName: 'downsample',
      hasBeta: false,
    }),
    family: 'imagenet-resnet',
    tau: 8,
    // The authors' forward is made twice in each step, and moves the statistics twice.
    endsElsewhere: /running_/,
    teacher: blocks({
      stages: [...STAGES, { channels: WIDE, blocks: 1, stride: 2 }],
      precision: 'float',
      tail: ['bn2', 'fc'],
      shortcutName: 'downsample',
      hasBeta: false,
    }),
  },
};

export function createAuthorsNetwork(name: string, backend: LayerBackend): Network {
  const { define, family, precision = '1w1a', options, stage = '1' } = AUTHORS_NETWORKS[name]!;
  const network = defineNetwork(
    name,
    { family, precision },
    { ...common(backend), method: name as MethodName, ...options },
    define,
  );
  network.stage = stage;
  network.progress = 0.5;
  return network;
}

export function createTeacher(define: Definition, backend: LayerBackend): Network {
  const place = { family: 'imagenet-resnet', precision: 'float' } as const;
  return defineNetwork('teacher', place, { ...common(backend), method: 'full-precision' }, define);
}

function common(backend: LayerBackend) {
  return { backend, random: seededRandom(1), classes: CLASSES, omega0: 20 };
}

/** `tf` whose relu takes for 0 what only rounding keeps from it. */
export function withExactRelu(tf: Tf): Tf {
  const relu = tf.customGrad((...args) => {
    const [x, save] = args as unknown as [Tensor, (tensors: Tensor[]) => void];
    const exact = tf.mul(x, tf.cast(tf.greater(tf.abs(x), ROUNDING), 'float32'));
    save([exact]);
    return {
      value: tf.relu(exact),
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, tf.cast(tf.greater(saved[0]!, 0), 'float32')),
    };
  });
  return new Proxy(tf, { get: (target, key) => (key === 'relu' ? relu : target[key as keyof Tf]) });
}
