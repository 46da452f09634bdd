import { SignwaveError } from '@signwave/format';
import { quote } from '../checkpoints/quote.js';
import { foldConstants } from './fold-constants.js';
import { lowerOperator, startLowering } from './lower-tflite.js';
import { floatsOf, type Lowering } from './lowering.js';
import { LOWERING } from './lowering-table.js';
import { magnitudesOf } from './operators/convolutions.js';
import type { TfliteModel, TfliteOperator } from './read-tflite.js';

/** The filters of an operator. */
export interface TfliteWeights {
  /** (O, kh, kw, I), or (O, I) of a dense layer, or (1, kh, kw, C) of a depthwise convolution; I in channels, however they are stored. */
  readonly shape: readonly number[];
  /** Bits of a weight in the file. */
  readonly bits: number;
  /** Bytes in the file. */
  readonly bytes: number;
  /** Whether all weights of each filter are +-a, though the file has them as floats: converting packs them. */
  readonly arePackable: boolean;
}

/** An operator of a `.tflite`, and whether it can be converted. */
export interface TfliteLayer {
  readonly index: number;
  /** `CONV_2D`, `LceBconv2d`, ... */
  readonly operator: string;
  /** The name of its output. */
  readonly name: string;
  /** Shape of its output. */
  readonly shape: readonly number[];
  /** Type of its output; `bits` for packed signs. */
  readonly type: string;
  readonly weights?: TfliteWeights;
  /** Why it can't be converted. */
  readonly problem?: string;
  /** Whether an operand comes from an operator with a problem, so that this one could be checked only by its kind. */
  readonly isUnchecked?: boolean;
}

export interface TfliteSummary {
  readonly input: { readonly shape: readonly number[]; readonly type: string };
  readonly output: { readonly shape: readonly number[]; readonly type: string };
  readonly layers: readonly TfliteLayer[];
  /** Why nothing can be converted, whatever the operators: an input of another type, say. */
  readonly problem?: string;
}

/** Lists the operators of a network, what is binary in it, what could be, and what stands in the way of converting it. */
export function describeTflite(file: TfliteModel): TfliteSummary {
  let model = file;
  let lowering: Lowering | undefined;
  let problem: string | undefined;
  try {
    model = foldConstants(file);
    lowering = startLowering(model);
  } catch (error) {
    problem = messageOf(error);
  }
  const unknown = new Set<number>(lowering ? [] : model.inputs);
  const layers = file.operators.map((operator): TfliteLayer => {
    const output = model.tensors[operator.outputs[0] ?? -1];
    const weights = weightsOf(model, operator);
    const isUnchecked = operator.inputs.some((input) => unknown.has(input));
    // What was computed of constants alone needs no nodes.
    const isFolded = !model.operators.includes(operator);
    const found = lowering && !isUnchecked && !isFolded ? problemOf(lowering, operator) : undefined;
    const reason =
      found ??
      (isFolded || Object.hasOwn(LOWERING, operator.kind)
        ? undefined
        : `${model.sourceName}: operator ${operator.index} (${quote(operator.kind).slice(1, -1)}) is an operator without a form in a packed model`);
    if (reason !== undefined || isUnchecked) for (const made of operator.outputs) unknown.add(made);
    return {
      index: operator.index,
      operator: operator.kind,
      name: output?.name ?? '',
      shape: output?.shape ?? [],
      type: output?.type === 'int32' ? 'bits' : (output?.type ?? 'none'),
      ...(weights && { weights }),
      ...(reason !== undefined && { problem: reason }),
      ...(isUnchecked && reason === undefined && { isUnchecked }),
    };
  });
  return {
    input: end(model, model.inputs),
    output: end(model, model.outputs),
    layers,
    ...(problem !== undefined && { problem }),
  };
}

function end(model: TfliteModel, [index = -1]: readonly number[]): TfliteSummary['input'] {
  const { shape = [], type = 'none' } = model.tensors[index] ?? {};
  return { shape, type };
}

function problemOf(lowering: Lowering, operator: TfliteOperator): string | undefined {
  try {
    lowerOperator(lowering, operator);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof SignwaveError) return error.message;
  throw error;
}

const WEIGHT_BITS: Readonly<Record<string, number>> = { float32: 32, float16: 16, int8: 8 };

function weightsOf(model: TfliteModel, { kind, inputs, customOptions }: TfliteOperator): TfliteWeights | undefined {
  const tensor = model.tensors[inputs[1] ?? -1];
  if (!tensor?.data || !/CONV_2D$|FULLY_CONNECTED|LceBconv2d/.test(kind)) return undefined;
  const { shape, data, type } = tensor;
  if (kind === 'LceBconv2d') {
    // Words hold 32 channels each, the last one fewer; with groups each filter has the words of its own group.
    const channels = Math.min(customOptions.get('channels_in') ?? 0, 32 * (shape.at(-1) ?? 0));
    return { shape: [...shape.slice(0, -1), channels], bits: 1, bytes: data.length, arePackable: false };
  }
  const arePackable =
    type === 'float32' && kind !== 'DEPTHWISE_CONV_2D' && magnitudesOf(floatsOf(data), shape[0] ?? 1) !== undefined;
  return { shape, bits: WEIGHT_BITS[type] ?? 0, bytes: data.length, arePackable };
}
