import type { LoweredTflite, TfliteModel, TfliteOperator } from '@signwave/convert';
import { SignwaveError } from '@signwave/format';
import { type FeatureMap, Reference } from '@signwave/reference';
import type { NpyArray } from '../npy.js';
import { scaledByReferenceKernel } from './reference-kernel.js';
import { describeSignDifference, type SignDifference, signDifference } from './sign-difference.js';
import type { Check } from './verify.js';

/** Operators whose order of float sums is each engine's own, or whose polynomial is. All others have fixed bits. */
const INEXACT: ReadonlySet<string> = new Set([
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'FULLY_CONNECTED',
  'LOGISTIC',
  'SOFTMAX',
]);
/** How much their outputs may differ, as a share of the largest. */
const TOLERANCE = 2e-6;
/** As near to its threshold, as a share of the largest, a sum behind such an operator may get another sign. */
const NEAR_TIE = 1e-5;
/** Channels in a word of packed signs. */
const WORD_CHANNELS = 32;

/** What an interpreter gave at an operator: floats, or packed signs. */
export type RecordedStep = NpyArray<'<f4' | '<i4'>;

/** How one operator compares, when it gets the operands that the interpreter had. */
export interface StepVerdict {
  readonly operator: TfliteOperator;
  /** The largest difference, as a share of the largest output. */
  readonly difference: number;
  /** What it may be; 0: every bit has to be equal. */
  readonly tolerance: number;
}

/** How a converted network compares with what an interpreter recorded while it ran the file. */
export interface StepsVerdict {
  readonly steps: readonly StepVerdict[];
  /** The first operator that packs signs where, when the network runs by itself, some differ. */
  readonly firstSign?: SignDifference & { readonly operator: TfliteOperator };
  readonly checks: readonly Check[];
}

/**
 * Compares a network operator by operator: first each from the recorded operands, so that no difference spreads; then all of it from its
 * input on.
 *
 * @param steps the output of operators for this input, by their indices. @param name what messages call them.
 * @throws {SignwaveError} `E_NPY` for an output of another size than the operator has.
 */
export function compareSteps(
  tflite: TfliteModel,
  { graph, nodeOf }: LoweredTflite,
  input: Float32Array,
  steps: ReadonlyMap<number, RecordedStep>,
  name: string,
): StepsVerdict {
  const reference = new Reference(graph);
  const operatorAt = new Map<number, TfliteOperator>();
  const given = new Map<number, Float32Array>();
  for (const operator of tflite.operators) {
    const node = nodeOf.get(operator.outputs[0]!);
    const step = steps.get(operator.index);
    // Signs that were unpacked are the node of the operator before, as logits are of a softmax that was left out.
    if (node === undefined || step === undefined || operatorAt.has(node) || operator.kind === 'SOFTMAX') continue;
    const { height, width, channels } = reference.shapes[node]!;
    const values = valuesOf(step, channels);
    if (values.length !== height * width * channels) {
      throw new SignwaveError(
        'E_NPY',
        `${name}: of ${labelOf(tflite, operator)} it has ${step.type} of shape (${step.shape.join(', ')}), expected ${height} x ${width} x ${channels} values`,
      );
    }
    operatorAt.set(node, operator);
    given.set(node, values);
  }
  const fromGiven = reference.record(input, given).maps;
  const compared = [...operatorAt].map(([node, operator]): StepVerdict => {
    const expected = given.get(node)!;
    // A concatenation of convolutions of a map's parts became one convolution with groups.
    const isJoined = operator.kind === 'CONCATENATION' && graph.nodes[node]!.op !== 'concat';
    const tolerance = isJoined || INEXACT.has(operator.kind) ? TOLERANCE : 0;
    const difference = differenceOf(fromGiven[node]!.data, expected);
    if (difference <= tolerance) return { operator, difference, tolerance };
    const other = scaledByReferenceKernel(tflite, operator, graph, node, fromGiven);
    return {
      operator,
      difference: other ? Math.min(difference, differenceOf(other, expected)) : difference,
      tolerance,
    };
  });
  const firstSign = firstDifferingSign(reference.record(input).maps, graph, operatorAt, given);
  return {
    steps: compared,
    ...(firstSign && { firstSign }),
    checks: [stepsCheck(tflite, compared), signsCheck(tflite, firstSign)],
  };
}

function firstDifferingSign(
  maps: readonly FeatureMap[],
  graph: LoweredTflite['graph'],
  operatorAt: ReadonlyMap<number, TfliteOperator>,
  given: ReadonlyMap<number, Float32Array>,
): StepsVerdict['firstSign'] {
  for (const [node, operator] of [...operatorAt].sort(([a], [b]) => a - b)) {
    if (graph.nodes[node]!.op !== 'sign') continue;
    const difference = signDifference(graph, node, maps, given.get(node)!);
    if (difference.differing > 0) return { ...difference, operator };
  }
  return undefined;
}

function stepsCheck(tflite: TfliteModel, steps: readonly StepVerdict[]): Check {
  const wrong = steps.filter(({ difference, tolerance }) => !(difference <= tolerance));
  const exact = steps.filter(({ difference }) => difference === 0);
  const near = steps.filter(({ difference, tolerance }) => difference > 0 && difference <= tolerance);
  const worst = Math.max(0, ...near.map(({ difference }) => difference));
  const [first] = wrong;
  return {
    name: 'operators, each from recorded operands',
    isOk: wrong.length === 0 && steps.length > 0,
    detail: [
      `${exact.length} of ${steps.length} equal to the last bit`,
      ...(near.length > 0
        ? [`${near.length} with sums of floats within ${worst.toExponential(1)} of the largest`]
        : []),
      ...(first
        ? [`${wrong.length} differ, first ${labelOf(tflite, first.operator)} by ${first.difference.toExponential(1)}`]
        : []),
    ].join('; '),
  };
}

function signsCheck(tflite: TfliteModel, first: StepsVerdict['firstSign']): Check {
  return {
    name: 'signs from end to end',
    isOk: !first || first.farthest <= NEAR_TIE,
    detail: first
      ? `the first to differ is ${labelOf(tflite, first.operator)}: ${describeSignDifference(first)}`
      : 'all equal',
  };
}

function labelOf({ tensors }: TfliteModel, { index, kind, outputs }: TfliteOperator): string {
  const name = tensors[outputs[0] ?? -1]?.name;
  return `operator ${index} (${kind}${name ? `, ${JSON.stringify(name)}` : ''})`;
}

/** Floats, or signs that are packed as in the file: 32 channels in a word, where 1 is -1. */
function valuesOf({ type, data }: RecordedStep, channels: number): Float32Array {
  if (type === '<f4') return data;
  const perPixel = Math.ceil(channels / WORD_CHANNELS);
  return Float32Array.from({ length: (data.length / perPixel) * channels }, (_, i) => {
    const c = i % channels;
    const word = data[Math.floor(i / channels) * perPixel + (c >> 5)]!;
    return (word >>> (c & 31)) & 1 ? -1 : 1;
  });
}

function differenceOf(found: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  return difference === 0 ? 0 : difference / largest;
}
