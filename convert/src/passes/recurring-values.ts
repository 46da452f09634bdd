import {
  type Graph,
  type GraphNode,
  type InputNode,
  inferShapes,
  type MapShape,
  type PoolNode,
  tensorElements,
  tensorValues,
} from '@signwave/format';

/** What is known about the values of one channel before any image is seen. */
export interface ChannelValues {
  /** Values that the channel takes exactly, again and again, whatever the image, for example where it is clipped. Float32, ascending. */
  readonly recurring: readonly number[];
  /** Whether it takes no other values. With a single value that makes it a constant. */
  readonly isAll: boolean;
}

const UNKNOWN: ChannelValues = { recurring: [], isAll: false };
/** More recurring values than a byte has are as good as none: whether a certain one is hit is then chance. */
const MAX_RECURRING = 256;
const BYTES = Array.from({ length: 256 }, (_, byte) => byte);

export function isConstant({ recurring, isAll }: ChannelValues): boolean {
  return isAll && recurring.length === 1;
}

/**
 * Finds the values that recur in each channel of each node that a `sign` depends on: constants of dead channels, the ends of a clip, means
 * of those, whole sums that can be 0. Roundings are those of format/SPEC.md section 4.
 *
 * @returns the values by node and channel; empty for nodes that no sign depends on.
 */
export function recurringValues(graph: Graph): readonly (readonly ChannelValues[])[] {
  const shapes = inferShapes(graph);
  const feedsSign = graph.nodes.map(() => false);
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    const { op, inputs } = graph.nodes[index]!;
    if (op === 'sign' || feedsSign[index]) for (const input of inputs) feedsSign[input] = true;
  }
  const known: (readonly ChannelValues[])[] = [];
  graph.nodes.forEach((node, index) => {
    const operands = node.inputs.map((input) => known[input]!);
    known.push(
      feedsSign[index]
        ? channelsOf(
            graph,
            node,
            operands,
            node.inputs.map((input) => shapes[input]!),
            shapes[index]!,
          )
        : [],
    );
  });
  return known;
}

function channelsOf(
  graph: Graph,
  node: GraphNode,
  operands: readonly (readonly ChannelValues[])[],
  inputs: readonly MapShape[],
  { channels }: MapShape,
): readonly ChannelValues[] {
  const { tensors } = graph;
  const [x = []] = operands;
  const each = (valuesOf: (c: number) => ChannelValues): ChannelValues[] =>
    Array.from({ length: channels }, (_, c) => valuesOf(c));
  switch (node.op) {
    case 'input':
      return each((c) => valuesOfBytes(node, c));
    case 'sign':
      return each(() => ({ recurring: node.sourceZeroRule === 'zero' ? [-1, 0, 1] : [-1, 1], isAll: true }));
    case 'conv':
    case 'linear':
      return sumsOf(graph, node, channels);
    case 'affine': {
      const values = tensorValues(tensors[node.coefficients]!);
      return each((c) => {
        const [scale, bias] = [values[c]!, values[channels + c]!];
        return scale === 0 ? constant(bias) : mapped(x[c]!, (v) => Math.fround(Math.fround(v * scale) + bias));
      });
    }
    case 'borderBias': {
      const values = tensorValues(tensors[node.bias]!);
      const classes = Array.from({ length: values.length / channels }, (_, i) => i * channels);
      return each((c) =>
        channel(
          x[c]!.recurring.flatMap((v) => classes.map((at) => Math.fround(v + values[at + c]!))),
          x[c]!.isAll,
        ),
      );
    }
    case 'add':
      return each((c) => sumOf(x[c]!, operands[1]![c]!));
    case 'clip':
      return each((c) => clipped(x[c]!, node.lo, node.hi));
    case 'prelu': {
      const slopes = tensorValues(tensors[node.slopes]!);
      return each((c) => {
        const [negative, positive] = [slopes[c]!, slopes[channels + c]!];
        const { recurring, isAll } = mapped(x[c]!, (v) => Math.fround(v * (v < 0 ? negative : positive)));
        const isFlat = negative === 0 || positive === 0;
        return channel(isFlat && !isAll ? [...recurring, 0] : recurring, isAll || (negative === 0 && positive === 0));
      });
    }
    case 'maxPool':
    case 'sliceSpatial':
      return x;
    case 'padChannels':
      return each((c) => (c < node.before || c >= channels - node.after ? constant(0) : x[c - node.before]!));
    case 'concat':
      return operands.flat();
    case 'flatten':
      return each((i) => x[i % inputs[0]!.channels]!);
    case 'avgPool':
      return meansOf(x, windowSizes(node, inputs[0]!));
    case 'globalAvgPool': {
      const elements = inputs[0]!.height * inputs[0]!.width;
      return meansOf(x, [{ elements, divisor: elements }]);
    }
    default:
      return each(() => UNKNOWN);
  }
}

function channel(values: readonly number[], isAll: boolean): ChannelValues {
  // A sign treats -0 like +0.
  const recurring = [...new Set(values.map((value) => value + 0))].sort((a, b) => a - b);
  return recurring.length > MAX_RECURRING ? UNKNOWN : { recurring, isAll };
}

function constant(value: number): ChannelValues {
  return { recurring: [value + 0], isAll: true };
}

function mapped({ recurring, isAll }: ChannelValues, map: (value: number) => number): ChannelValues {
  return recurring.length === 0 ? UNKNOWN : channel(recurring.map(map), isAll);
}

function clipped({ recurring, isAll }: ChannelValues, lo: number, hi: number): ChannelValues {
  const ends = isAll ? [] : [lo, hi].filter(Number.isFinite).map(Math.fround);
  return channel(
    [...recurring.map((value) => Math.min(Math.fround(hi), Math.max(Math.fround(lo), value))), ...ends],
    isAll,
  );
}

function sumOf(a: ChannelValues, b: ChannelValues): ChannelValues {
  if (a.recurring.length * b.recurring.length === 0) return UNKNOWN;
  const sums = a.recurring.flatMap((v) => b.recurring.map((w) => Math.fround(v + w)));
  return channel(sums, a.isAll && b.isAll);
}

function valuesOfBytes({ recipe }: InputNode, c: number): ChannelValues {
  if (!recipe) return UNKNOWN;
  const { fround } = Math;
  const [mean, std] = [fround(recipe.mean[c]!), fround(recipe.std[c]!)];
  return channel(
    BYTES.map((byte) => fround(fround(fround(byte / fround(recipe.divisor)) - mean) / std)),
    true,
  );
}

/** Sums of signs are whole numbers, and 0 recurs if some pixel has an even number of taps. A filter of zeros gives nothing but 0. */
function sumsOf(
  { nodes, tensors }: Graph,
  node: Extract<GraphNode, { op: 'conv' | 'linear' }>,
  channels: number,
): readonly ChannelValues[] {
  const weights = tensors[node.weights]!;
  const taps = tensorElements(weights.shape) / channels;
  if (weights.dtype === 'bits') {
    const hasPads = node.op === 'conv' && Object.values(node.pads).some((pad) => pad > 0);
    const isWhole = nodes[node.inputs[0]!]!.op === 'sign';
    return new Array(channels).fill(
      isWhole && (taps % 2 === 0 || hasPads) ? { recurring: [0], isAll: false } : UNKNOWN,
    );
  }
  const values = tensorValues(weights);
  return Array.from({ length: channels }, (_, o) =>
    values.subarray(o * taps, (o + 1) * taps).every((w) => w === 0) ? constant(0) : UNKNOWN,
  );
}

interface WindowSize {
  /** The elements of the map that are summed, and the number that the sum is divided by. */
  readonly elements: number;
  readonly divisor: number;
}

/** The sizes that a pool's window can have, at the border and inside. */
function windowSizes({ window, pads, countPads, ceilMode }: PoolNode, { height, width }: MapShape): WindowSize[] {
  const whole = window.height * window.width;
  const isCut =
    ceilMode || Object.values(pads).some((pad) => pad > 0) || window.height > height || window.width > width;
  if (!isCut) return [{ elements: whole, divisor: whole }];
  return Array.from({ length: whole }, (_, i) => ({ elements: i + 1, divisor: countPads ? whole : i + 1 }));
}

/** Means of recurring values. Channels with the same values share the work. */
function meansOf(x: readonly ChannelValues[], sizes: readonly WindowSize[]): readonly ChannelValues[] {
  const done = new Map<string, ChannelValues>();
  return x.map((values) => {
    const key = `${values.isAll} ${values.recurring.join()}`;
    const means = done.get(key) ?? meanOf(values, sizes);
    done.set(key, means);
    return means;
  });
}

function meanOf({ recurring, isAll }: ChannelValues, sizes: readonly WindowSize[]): ChannelValues {
  const means: number[] = [];
  const most = Math.max(...sizes.map(({ elements }) => elements));
  let sums: readonly number[] = [0];
  for (let n = 1; n <= most; n++) {
    sums = [...new Set(sums.flatMap((sum) => recurring.map((value) => Math.fround(sum + value))))];
    if (sums.length === 0 || sums.length > MAX_RECURRING) return UNKNOWN;
    for (const { elements, divisor } of sizes)
      if (elements === n) means.push(...sums.map((sum) => Math.fround(sum / divisor)));
  }
  return channel(means, isAll);
}
