import { expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { cachedLogits } from '../../src/distillation/cached-logits.js';
import type { LogitsCache } from '../../src/distillation/logits-cache.js';
import type { Network, Tensor4D } from '../../src/types.js';

test('a teacher is evaluated for those views alone that its cache doesn’t have', async () => {
  const { tf } = await chooseBackend({ force: 'wasm' });
  const asked: { readonly images: number; readonly training: boolean }[] = [];
  // Its two logits are an image's two pixels.
  const forward = (images: Tensor4D, training: boolean) => {
    asked.push({ images: images.shape[0], training });
    return tf.reshape(images, [-1, 2]);
  };
  const teacher = { classes: 2, forward } as unknown as Network;
  const stored = new Map<number, Float32Array>();
  const cache = {
    read: async (views: Int32Array) => Array.from(views, (view) => stored.get(view)),
    write: async (views: readonly number[], logits: Float32Array) => {
      for (const [i, view] of views.entries()) stored.set(view, logits.slice(2 * i, 2 * i + 2));
    },
  } as unknown as LogitsCache;
  const logitsOf = async (...views: number[]) => {
    const images = tf.tensor4d(
      views.flatMap((view) => [view, -view]),
      [views.length, 1, 2, 1],
    );
    const before = tf.memory().numTensors;
    const logits = await cachedLogits(tf, teacher, cache, images, Int32Array.from(views));
    const rows = await logits.array();
    logits.dispose();
    expect(tf.memory().numTensors).toBe(before);
    images.dispose();
    return rows;
  };

  expect(await logitsOf(4, 9, 2)).toEqual([4, 9, 2].map((view) => [view, -view]));
  expect(await logitsOf(2, 5, 4, 6)).toEqual([2, 5, 4, 6].map((view) => [view, -view]));
  expect(await logitsOf(6, 5)).toEqual([6, 5].map((view) => [view, -view]));
  expect(asked).toEqual([
    { images: 3, training: false },
    { images: 2, training: false },
  ]);
});
