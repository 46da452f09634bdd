import {
  type DataType,
  GraphBuilder,
  inferShapes,
  type MapShape,
  type Model,
  SignwaveError,
  type Value,
} from '@signwave/format';
import fc from 'fast-check';
import { randomNumbers, randomTensor } from './models.js';

const DATA_TYPES: readonly DataType[] = ['f32', 'bits', 'f16', 'i8', 'i16'];
const ZERO_RULES = ['plus', 'minus', 'zero'] as const;

/** What becomes of a graph in one step: which operation, on which value, with which numbers. */
interface Step {
  readonly kind: number;
  readonly operand: number;
  readonly numbers: readonly number[];
  readonly name: string | undefined;
}

const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((s) => !/\p{Cc}|\p{Cs}/u.test(s));
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.nat(17),
  operand: fc.nat(3),
  numbers: fc.array(fc.nat(4), { minLength: 8, maxLength: 8 }),
  name: fc.option(text, { nil: undefined }),
});

/** Adds a step to a graph; returns nothing where it has no meaning there. */
function apply(
  g: GraphBuilder,
  values: readonly Value[],
  { kind, operand, numbers, name }: Step,
  random: () => number,
): Value {
  const x = values[Math.max(0, values.length - 1 - operand)]!;
  const { channels } = g.shapeOf(x);
  const [a, b, c, d, e, f, i, j] = numbers as [number, number, number, number, number, number, number, number];
  const floats = (count: number): Float32Array => new Float32Array(count).map(() => random() / 2 ** 31 - 1);
  const named = name === undefined ? {} : { name };
  const pool = {
    stride: { height: a + 1, width: b + 1 },
    pad: { top: c % 2, left: d % 2, bottom: e % 2, right: 0 },
    ceilMode: f > 2,
  };
  switch (kind) {
    case 0: {
      const rules = { zeroRule: ZERO_RULES[a % 3]!, sourceZeroRule: ZERO_RULES[b % 3]! };
      return g.sign(x, c > 2 ? { ...rules, threshold: floats(channels) } : rules);
    }
    case 1: {
      const groups = channels % 2 === 0 && a > 2 ? 2 : 1;
      const weights = randomTensor(
        DATA_TYPES[b]!,
        [groups * (c + 1), (d % 3) + 1, (e % 3) + 1, channels / groups],
        random,
      );
      const sides = { stride: { height: f + 1, width: 1 }, dilation: { height: 1, width: i + 1 } };
      return g.conv(x, weights, { ...named, ...sides, groups, pad: { top: j, left: i, bottom: a, right: b } });
    }
    case 2:
      return g.linear(x, randomTensor(DATA_TYPES[a]!, [b + 1, 1, 1, channels], random), named);
    case 3:
      return g.affine(x, floats(channels), floats(channels));
    case 4:
      return g.borderBias(x, randomTensor('f32', [1, a + 1, b + 1, channels], random), c, d);
    case 5:
      return g.add(x, values.at(-1)!);
    case 6:
      return g.clip(x, Math.fround(-a / 3), b === 0 ? Number.POSITIVE_INFINITY : Math.fround(b / 3));
    case 7:
      return g.prelu(x, floats(channels), floats(channels));
    case 8:
      return g.maxPool(x, { height: a + 1, width: b + 1 }, pool);
    case 9:
      return g.avgPool(x, { height: a + 1, width: b + 1 }, { ...pool, countPads: i > 2 });
    case 10:
      return g.globalAvgPool(x);
    case 11:
      return g.padChannels(x, a, b);
    case 12:
      return g.sliceSpatial(x, { height: a + 1, width: b + 1 }, { height: c, width: d });
    case 13:
      return g.concat(x, values.at(-1)!, x);
    case 14:
      return g.flatten(x);
    case 15:
      return g.softmax(x, { log: a > 2 });
    case 16:
      return g.sampleMean(x);
    default:
      return g.relu(x);
  }
}

/** A graph of the steps that have a meaning, each tried on a copy of what is there. */
function graphOf(shape: MapShape, steps: readonly Step[], seed: number, recipe: Parameters<GraphBuilder['input']>[1]) {
  let accepted: Step[] = [];
  const build = (list: readonly Step[]) => {
    const random = randomNumbers(seed);
    const g = new GraphBuilder();
    const values = [g.input(shape, recipe)];
    for (const next of list) values.push(apply(g, values, next, random));
    return g.build();
  };
  for (const next of steps) {
    try {
      build([...accepted, next]);
      accepted = [...accepted, next];
    } catch (error) {
      if (!(error instanceof SignwaveError)) throw error;
    }
  }
  return build(accepted);
}

const recipe = fc.record(
  {
    resize: fc.record({
      mode: fc.constantFrom('shorterSide', 'stretch'),
      sizePixels: fc.integer({ min: 16, max: 65_535 }),
      interpolation: fc.constantFrom('bilinear', 'bicubic'),
    }),
    channelOrder: fc.constantFrom('rgb', 'bgr'),
    divisor: float32.filter((x) => x !== 0),
    mean: fc.array(float32, { minLength: 3, maxLength: 3 }),
    std: fc.array(
      float32.filter((x) => x !== 0),
      { minLength: 3, maxLength: 3 },
    ),
  },
  { requiredKeys: ['channelOrder', 'divisor', 'mean', 'std'] },
);

const graph = fc
  .record({
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    channels: fc.integer({ min: 1, max: 5 }),
    steps: fc.array(step, { maxLength: 24 }),
    seed: fc.nat(),
    recipe: fc.option(recipe, { nil: undefined }),
  })
  .map(({ steps, seed, recipe, ...shape }) => graphOf(recipe ? { ...shape, channels: 3 } : shape, steps, seed, recipe));

const info = fc.record(
  {
    name: text,
    architecture: text,
    method: text,
    omega0: fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
    sourceSha256: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
    writer: text,
    licence: text,
    accuracy: fc.array(fc.record({ data: text, top1: fc.double({ min: 0, max: 100, noNaN: true }) }), { maxLength: 3 }),
  },
  { requiredKeys: ['name', 'architecture', 'method', 'writer', 'accuracy'] },
);

/** Models with random graphs of up to 25 nodes, all of which a file can hold. */
export const randomModel: fc.Arbitrary<Model> = fc
  .record({ info, graph, labels: fc.boolean() })
  .map(({ info, graph, labels }) => {
    const { channels } = inferShapes(graph).at(-1)!;
    return {
      info: { ...info, ...(labels && { labels: Array.from({ length: channels }, (_, i) => `class ${i % 3}`) }) },
      graph,
    };
  });
