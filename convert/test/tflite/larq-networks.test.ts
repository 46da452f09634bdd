import { Reference } from '@signwave/reference';
import { expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../../../test/shared.js';
import { lowerTflite } from '../../src/tflite/lower-tflite.js';
import type { TfliteModel } from '../../src/tflite/read-tflite.js';
import { readArray, readModelAt, softmaxOf, type TestArray, worstDifference } from './read-arrays.js';

/** Networks that exercise each an aspect of Larq Compute Engine, and what its own interpreter gives for them. */
const CONVERTED =
  'activations binary_dense binary_first_layer bmaxpool concat dequantize dilation gate grouped learned_threshold odd_channels pad_one pad_one_odd pad_zero pad_zero_odd pools prelu quick_block scaled_weights separable signs_first thresholds ties tiny_map valid xcore'.split(
    ' ',
  );
/** Nothing but exact operators: equal to the bit from end to end. */
const EXACT = ['signs_first', 'ties', 'dequantize'];
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
