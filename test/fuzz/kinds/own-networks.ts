import { readFileSync } from 'node:fs';
import { type Architecture, parseNetworkJson } from '@signwave/convert';
import { checkpoint, pickle, tensorPickle } from '../../../convert/test/checkpoints/build.js';
import { type FloatTensor, floatFile } from '../../../convert/test/checkpoints/build-safetensors.js';
import { randomState } from '../../e2e/random-checkpoint.js';
import { type Input, pick, type Random } from '../kind.js';

/** How weights become bits in the small networks. */
const RULES = ['sign', 'bireal', 'biper'];
const CLASSES = 5;
/** Ties, and floats at the ends of their range. */
const FINITE = [0, -0, 1e-45, -1e-39, 1e-20, -1e-5, 0.5, 1e20, -1e30, 3e38, -3e38];
/** What no checkpoint may hold. */
const NOT_FINITE = [1 / 0, -1 / 0, Number.NaN];

const TEXTS = [
  readFileSync('examples/own-network/small-cnn.json', 'utf8'),
  ...RULES.map((rule) => JSON.stringify(smallNetwork(rule))),
];

/** Networks of one's own that are converted in a few milliseconds. */
const NETWORKS = TEXTS.map((text, n) => {
  const architecture = parseNetworkJson(text, 'network.json');
  return { architecture, state: randomState(architecture, CLASSES, n + 1) };
});

/** @param fileName of {@link networkFile}. */
export function architectureOf(fileName: string): Architecture | undefined {
  return NETWORKS.find(({ architecture }) => architecture.name === fileName.split('.')[0])?.architecture;
}

/** A checkpoint of an own network, with up to 8 weights, scales or biases in which it isn't as it was trained; a file's name begins with its network's. */
export function networkFile(random: Random): Input {
  const { architecture, state } = pick(random, NETWORKS);
  const changed = new Map(state);
  for (let n = random.below(9); n > 0; n--) {
    const name = pick(random, [...state.keys()]);
    const { shape, values } = changed.get(name)!;
    const other = values.slice();
    other[random.below(other.length)] = pick(random, random.below(40) ? FINITE : NOT_FINITE);
    changed.set(name, { shape, values: other });
  }
  return random.below(2)
    ? { name: `${architecture.name}.safetensors`, bytes: floatFile(changed) }
    : { name: `${architecture.name}.pth`, bytes: zipped(changed) };
}

function smallNetwork(weights: string): object {
  return {
    name: `small-${weights}`,
    classifier: 'fc',
    input: [8, 8, 3],
    ...(weights === 'biper' && { needsOmega0: true }),
    layers: [
      { op: 'floatConv', name: 'stem', outChannels: 8, kernel: 3, pad: 1 },
      { op: 'batchNorm', name: 'bn0' },
      { op: 'binaryConv', name: 'conv1', outChannels: 16, weights },
      { op: 'batchNorm', name: 'bn1' },
      { op: 'hardtanh' },
      { op: 'binaryConv', name: 'conv2', outChannels: 9, stride: 2, weights },
      { op: 'batchNorm', name: 'bn2' },
      { op: 'globalAvgPool' },
      { op: 'floatLinear', name: 'fc', outputs: 'classes' },
    ],
  };
}

/** A state dict as torch.save writes it. */
function zipped(state: ReadonlyMap<string, FloatTensor>): Uint8Array {
  const tensors = [...state];
  const entries = tensors.map(([name, { shape, values }], key) => {
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, side) => product * side, 1));
    return [name, tensorPickle({ key: `${key}`, elements: values.length, shape, strides })];
  });
  const storages = tensors.map(([, { values }], key) => [`${key}`, new Uint8Array(values.slice().buffer)]);
  return checkpoint(pickle.program(pickle.dict(Object.fromEntries(entries))), Object.fromEntries(storages));
}
