import {
  type GraphNode,
  inferShapes,
  type MapShape,
  type Model,
  OPERATIONS,
  type Operation,
  SignwaveError,
  type Tensor,
  type TensorShape,
} from '@signwave/format';
import fc from 'fast-check';
import type { FieldRules, Row } from '../src/operations/row.js';
import type { AnyField, AnyType } from '../src/schema-writer.js';
import { float } from '../src/verify.js';
import { randomNumbers, randomTensor } from './models.js';

const DATA_TYPES = ['f32', 'bits', 'f16', 'i8', 'i16'] as const;
const STEPS = Object.keys(OPERATIONS).filter((op) => op !== 'input') as Exclude<Operation, 'input'>[];

/** One step in growing a graph: which operation is added, with which random numbers. */
interface Step {
  readonly op: Exclude<Operation, 'input'>;
  readonly seed: number;
  readonly name: string | undefined;
}

interface GrowingGraph {
  readonly nodes: GraphNode[];
  readonly tensors: Tensor[];
}

const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((s) => !/\p{Cc}|\p{Cs}/u.test(s));
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom(...STEPS),
  seed: fc.nat(),
  name: fc.option(text, { nil: undefined }),
});

/** Makes a node of an operation by its row alone. In this graph it may have no meaning. */
function randomNode(graph: GrowingGraph, shapes: readonly MapShape[], { op, seed, name }: Step): GraphNode {
  const random = randomNumbers(seed);
  const below = (count: number): number => random() % count;
  const { operands = 1, fields }: Row<GraphNode> = OPERATIONS[op];
  const count = operands === '2 or more' ? 2 + below(2) : operands;
  const last = graph.nodes.length - 1;
  const inputs = Array.from({ length: count }, () => Math.max(0, last - below(4)));
  const { channels } = shapes[inputs[0]!]!;
  const shapeOf = (rows: number | undefined): TensorShape => {
    if (rows) return [rows, 1, 1, channels];
    // Shapes of filters, of a matrix, or of border classes.
    const filters = 2 * below(3) + 1 + below(2);
    const inner = channels % 2 === 0 && below(4) === 0 ? channels / 2 : channels;
    return (
      [
        [filters, 1 + below(3), 1 + below(3), inner],
        [filters, 1, 1, channels],
        [1, 1 + below(3), 1 + below(3), channels],
      ] as const
    )[below(3)]!;
  };
  const attributeOf = (type: AnyType, least: number): unknown => {
    if (type.values) return type.values[below(type.values.length)];
    if (type.fields) return Object.fromEntries(Object.keys(type.fields).map((key) => [key, least + below(3)]));
    if (type === float) return below(6) === 0 ? Number.POSITIVE_INFINITY : Math.fround(random() / 2 ** 30 - 2);
    return least + below(3);
  };
  const attributes = Object.entries<AnyField & Partial<FieldRules>>(fields).flatMap(
    ([key, { type, tensor, none, slots, least = 0 }]) => {
      if (slots === 0) return [[key, false]];
      if (!tensor) return [[key, attributeOf(type!, least)]];
      if (none !== undefined && below(2) === 0) return [];
      const dtype = tensor.floats ? (['f32', 'f16'] as const)[below(2)]! : DATA_TYPES[below(5)]!;
      return [[key, graph.tensors.push(randomTensor(dtype, shapeOf(tensor.rows), random)) - 1]];
    },
  );
  return { op, ...Object.fromEntries(attributes), inputs, ...(name !== undefined && { name }) } as GraphNode;
}

/** Grows a graph by the steps that have a meaning, each of which is tried on a copy. */
function graphOf(input: GraphNode, steps: readonly Step[]) {
  let graph: GrowingGraph = { nodes: [input], tensors: [] };
  let shapes = inferShapes(graph);
  for (const next of steps) {
    // Some shapes are rare, so each node gets several tries.
    for (let attempt = 0; attempt < 8; attempt++) {
      const longer = { nodes: [...graph.nodes], tensors: [...graph.tensors] };
      longer.nodes.push(randomNode(longer, shapes, { ...next, seed: next.seed + attempt * 7919 }));
      try {
        shapes = inferShapes(longer);
        graph = longer;
        break;
      } catch (error) {
        if (!(error instanceof SignwaveError)) throw error;
      }
    }
  }
  return graph;
}

const recipe = fc.record(
  {
    resize: fc.record({
      mode: fc.constantFrom('shorterSide', 'stretch', 'centreSquare'),
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
    recipe: fc.option(recipe, { nil: undefined }),
  })
  .map(({ steps, recipe, ...shape }) =>
    graphOf({ op: 'input', inputs: [], ...shape, ...(recipe && { channels: 3, recipe }) }, steps),
  );

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
