import { existsSync } from 'node:fs';
import type { InputNode } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { expect, test } from 'vitest';
import { inputMap } from '../../../reference/src/input-map.js';
import { stepOf } from '../../../reference/src/steps/steps.js';
import { describeWithShared, sharedPath } from '../../../test/shared.js';
import { type LoweredTflite, lowerTflite } from '../../src/tflite/lower-tflite.js';
import type { TfliteModel } from '../../src/tflite/read-tflite.js';
import { readArray, readModelAt, readSteps, softmaxOf, type TestArray, worstDifference } from './read-arrays.js';

/** Networks that exercise each an aspect of Larq Compute Engine, and what its own interpreter gives for them. */
const CONVERTED =
  'activations binary_dense binary_first_layer bmaxpool concat dequantize dilation gate grouped learned_threshold odd_channels pad_one pad_one_odd pad_zero pad_zero_odd pools prelu quick_block scaled_weights separable signs_first thresholds ties tiny_map valid xcore'.split(
    ' ',
  );
/** Nothing but exact operators: equal to the bit from end to end. */
const EXACT = ['signs_first', 'ties', 'dequantize'];
/** Operators whose order of float sums is each engine's own. */
const FLOAT_SUMS = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'SOFTMAX'];
/** Kernels larger than the map: what is recorded is of the engine's reference kernel, since its others are wrong there. It has pads of 0 in the sum, and corrects nothing. */
const REFERENCE_KERNEL = 'tiny_map';
const FLOAT_SUM_TOLERANCE = 2e-6;
const END_TO_END_TOLERANCE = 1e-5;

const fileOf = (network: string, file: string): string => sharedPath(`checkpoints/larq/small/${network}/${file}`)!;
const endsInSoftmax = ({ operators }: TfliteModel): boolean => operators.at(-1)!.kind === 'SOFTMAX';
const sample = ({ shape, data }: TestArray, i: number): Float32Array =>
  Float32Array.from(data.slice((i * data.length) / shape[0]!, ((i + 1) * data.length) / shape[0]!));

describeWithShared('a network of Larq Compute Engine', () => {
  test.each(CONVERTED)('%s gives the outputs of its interpreter', async (network) => {
    const model = await readModelAt(fileOf(network, 'model.tflite'));
    const reference = new Reference(lowerTflite(model).graph);
    const inputs = readArray(fileOf(network, 'input.npy'));
    const outputs = readArray(fileOf(network, 'output.npy'));
    for (let i = 0; i < inputs.shape[0]!; i++) {
      const found = reference.run(sample(inputs, i));
      const worst = worstDifference(endsInSoftmax(model) ? softmaxOf(found) : found, sample(outputs, i));
      expect(worst, `input ${i}`).toBeLessThanOrEqual(EXACT.includes(network) ? 0 : END_TO_END_TOLERANCE);
    }
  });

  test('gives at each operator what its interpreter gives from the same operands', { timeout: 60_000 }, async () => {
    const compared = new Map<string, number>();
    const withSteps = CONVERTED.filter((it) =>
      existsSync(fileOf(it, 'model.tflite').replace('model.tflite', 'steps.npz')),
    );
    for (const network of withSteps) {
      const model = await readModelAt(fileOf(network, 'model.tflite'));
      const steps = await readSteps(fileOf(network, 'steps.npz'));
      const input = sample(readArray(fileOf(network, 'input.npy')), 0);
      const worst = compareSteps(model, lowerTflite(model), input, steps, network === REFERENCE_KERNEL);
      for (const [operator, difference] of worst) {
        const { kind } = model.operators[operator]!;
        const limit = FLOAT_SUMS.includes(kind) ? FLOAT_SUM_TOLERANCE : 0;
        expect(difference, `${network}, operator ${operator} (${kind})`).toBeLessThanOrEqual(limit);
        compared.set(kind, (compared.get(kind) ?? 0) + 1);
      }
    }
    expect(compared.get('LceBconv2d')).toBeGreaterThan(30);
    expect(compared.get('LceQuantize')).toBeGreaterThan(20);
  });

  test.each([
    ['not_binary', /operator 6 \(SIGN, "not_binary\/quant_conv2d_1\/ste_heaviside\/Sign"\).*ste_sign/],
    ['strong_baseline', /operator 4 \(LceBconv2d.*of shape \(16, 16, 32\), expected \(32\)/],
    ['int8_all', /int8 of shape \(1, 16, 16, 3\), expected float32.*without int8 quantization/],
    ['int8_fake_quant', /int8.*expected float32/],
  ])('%s is refused, with the operator and what to change', async (network, message) => {
    const model = await readModelAt(fileOf(network, 'model.tflite'));
    expect(() => lowerTflite(model)).toThrow(message);
    expect(() => lowerTflite(model)).toThrow(expect.objectContaining({ code: 'E_CHECKPOINT_ARCH' }));
  });

  test('has its dense layers and its first layer packed where all weights are +a and -a', async () => {
    for (const [network, packed] of [
      ['binary_dense', 3],
      ['binary_first_layer', 2],
      ['xcore', 3],
    ] as const) {
      const { graph } = lowerTflite(await readModelAt(fileOf(network, 'model.tflite')));
      expect(graph.tensors.filter(({ dtype }) => dtype === 'bits').length, network).toBe(packed);
    }
  });
});

/**
 * Runs a graph with the interpreter's own output in place of each operator's, so that no difference spreads.
 *
 * @param recorded the output of each operator. @param isAtOnce whether border pixels are scaled as by the engine's reference kernel. @returns the worst difference at each operator that has a node of its own.
 */
function compareSteps(
  { operators, tensors }: TfliteModel,
  { graph, nodeOf }: LoweredTflite,
  input: Float32Array,
  recorded: readonly TestArray[],
  isAtOnce: boolean,
): ReadonlyMap<number, number> {
  const { shapes } = new Reference(graph);
  const atNode = new Map<number, readonly [operator: number, values: Float32Array]>();
  operators.forEach(({ kind, outputs }, i) => {
    const node = nodeOf.get(outputs[0]!);
    // Unpacked signs and logits are the node of the operator before.
    if (node === undefined || atNode.has(node) || kind === 'SOFTMAX') return;
    const { data } = recorded[i]!;
    const isPacked = data instanceof Int32Array;
    atNode.set(node, [i, isPacked ? unpacked(data, shapes[node]!.channels) : Float32Array.from(data)]);
  });
  const worst = new Map<number, number>();
  const maps = [inputMap(graph.nodes[0] as InputNode, input)];
  graph.nodes.forEach((node, index) => {
    if (node.op === 'input') return;
    const [x, ...others] = node.inputs.map((it) => maps[it]!);
    const made = stepOf(graph, node, shapes[index]!)(x!, ...others);
    const [operator, values] = atNode.get(index) ?? [];
    if (values) {
      const { kind, inputs } = operators[operator!]!;
      const [multiplier, bias] = [inputs[2]!, inputs[3]!].map((it) => tensors[it]?.data);
      const isScaled = isAtOnce && kind === 'LceBconv2d' && multiplier && bias;
      const sums = maps[graph.nodes.findLastIndex(({ op }, i) => op === 'conv' && i < index)]!;
      const [, height = 0, width = 0] = tensors[inputs[1]!]?.shape ?? [];
      const taps = height * width * (operators[operator!]!.customOptions.get('channels_in') ?? 0);
      const found = isScaled ? scaledAtOnce(sums.data, taps, floatsOf(multiplier), floatsOf(bias)) : made.data;
      worst.set(operator!, worstDifference(found, values));
    }
    maps.push(values ? { ...made, data: values } : made);
  });
  return worst;
}

const floatsOf = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);

/** fround(fround((K - s) * -m) + B) */
function scaledAtOnce(sums: Float32Array, taps: number, multiplier: Float32Array, bias: Float32Array): Float32Array {
  const { length } = multiplier;
  return sums.map((sum, i) => {
    const m = multiplier[i % length]!;
    return Math.fround((taps - sum) * -m) + Math.fround(bias[i % length]! + taps * m);
  });
}

/** Packed signs: 32 channels in a word, 1 is -1. */
function unpacked(words: Int32Array, channels: number): Float32Array {
  const perPixel = Math.ceil(channels / 32);
  return Float32Array.from({ length: (words.length / perPixel) * channels }, (_, i) => {
    const c = i % channels;
    return (words[Math.floor(i / channels) * perPixel + (c >> 5)]! >>> (c & 31)) & 1 ? -1 : 1;
  });
}
