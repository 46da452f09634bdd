import { readFileSync } from 'node:fs';
import { convertTflite, readTflite } from '@signwave/convert';
import { bytesSource, writeModel } from '@signwave/format';
import { load } from '@signwave/runtime';
import { expect, test } from 'vitest';
import { readArray, softmaxOf, worstDifference } from '../convert/test/tflite/read-arrays.js';
import { describeWithShared, sharedPath } from './shared.js';

const TOLERANCE = 1e-5;
const NORMALISATION = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };

async function loadConverted(file: string, preprocess?: Parameters<typeof convertTflite>[1]['preprocess']) {
  const source = bytesSource(new Uint8Array(readFileSync(sharedPath(`checkpoints/larq/${file}`)!)), file);
  const { model } = convertTflite(await readTflite(source), { writer: 'test', ...(preprocess && { preprocess }) });
  return load(writeModel(model));
}

const samples = <T extends Uint8Array | Int16Array | Float32Array>(data: T, count: number): T[] =>
  Array.from({ length: count }, (_, i) => data.slice((i * data.length) / count, ((i + 1) * data.length) / count) as T);

describeWithShared('a converted network of larq’s zoo', () => {
  test('gives the probabilities of Larq Compute Engine for photographs', { timeout: 60_000 }, async () => {
    const model = await loadConverted('QuickNetSmall.tflite', { channelOrder: 'rgb', divisor: 1, ...NORMALISATION });
    const photographs = readArray(sharedPath('checkpoints/larq/input224-uint8.npy')!).data as Uint8Array;
    const outputs = readArray(sharedPath('checkpoints/larq/QuickNetSmall.output.npy')!).data as Float32Array;
    const expected = samples(outputs, 2);
    samples(photographs, 2).forEach((photograph, i) => {
      expect(worstDifference(softmaxOf(model.run(photograph)), expected[i]!), `photograph ${i}`).toBeLessThan(
        TOLERANCE,
      );
    });
    model.dispose();
  });

  test.each(['floppyNet', 'binaryNet', 'HB12-FN'])('and %s, which was trained, gives its features', async (name) => {
    const model = await loadConverted(`trained/${name}.tflite`);
    const photographs = readArray(sharedPath('checkpoints/larq/trained/input227-uint8.npy')!).data as Uint8Array;
    const features = readArray(sharedPath(`checkpoints/larq/trained/${name}.output.npy`)!).data as Int16Array;
    const expected = samples(features, 2);
    samples(photographs, 2).forEach((photograph, i) => {
      const input = Float32Array.from(photograph, (byte) => byte / 255);
      expect(worstDifference(model.run(input), expected[i]!), `photograph ${i}`).toBe(0);
    });
    model.dispose();
  });
});
