import { describe, expect, test } from 'vitest';
import { fromResiduals, IMAGE_BYTES, toResiduals } from '../../../bench/gpu-check/image-residuals.js';
import { seededRandom } from '../../../src/random.js';

const IMAGES = 7;

describe('images as residuals', () => {
  test.each([
    { name: 'noise', value: () => (random: number) => Math.floor(256 * random) },
    { name: 'bytes of both ends', value: () => (random: number) => (random < 0.5 ? 0 : 255) },
    { name: 'one colour', value: () => () => 200 },
  ])('are the same images again: $name', ({ value }) => {
    const random = seededRandom(5);
    const images = Uint8Array.from({ length: IMAGES * IMAGE_BYTES }, () => value()(random.next()));
    expect(fromResiduals(toResiduals(images))).toEqual(images);
  });

  test('are small where neighbours and colours are alike', () => {
    const ramp = Uint8Array.from({ length: IMAGES * IMAGE_BYTES }, (_, i) => (i % 32) + (Math.floor(i / 32) % 32) + 40);
    const large = toResiduals(ramp).filter((it) => it > 2);
    // The first pixel of each image's green is predicted to be gray.
    expect(large.length).toBe(IMAGES);
  });
});
