import { expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { layerMagnitude } from '../../src/quantizers/layer-magnitude.js';

test('the mean magnitude of a layer of a million weights is right to the last places', async () => {
  const { tf } = await chooseBackend({ force: 'wasm' });
  const weights = tf.tidy(() => tf.mul(tf.randomNormal([256, 448, 3, 3], 0, 1, 'float32', 5), 0.01)) as never;
  const found = tf.tidy(() => layerMagnitude(tf, weights));
  const values = (await (weights as { data(): Promise<Float32Array> }).data()) as Float32Array;
  const expected = values.reduce((sum, w) => sum + Math.abs(w), 0) / values.length;
  expect(Math.abs((await found.data())[0]! / expected - 1)).toBeLessThan(1e-6);
  tf.dispose([weights, found]);
});
