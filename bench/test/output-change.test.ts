import { expect, test } from 'vitest';
import { outputChange } from '../output-change.mjs';

/** What `signwave run --json` prints of an image: its classes, the likeliest first. */
function image(...logits: number[]) {
  const predictions = logits.map((logit, index) => ({ index, logit })).sort((a, b) => b.logit - a.logit);
  return { predictions };
}

test('outputs that are the same are no change', () => {
  const images = [image(1, 2, 3), image(5, 4, 3)];
  expect(outputChange(images, images)).toEqual({ images: 2, otherFirstClass: 0, largestShift: 0 });
});

test('images with another first class are counted, and the greatest shift is a share of the range of its image', () => {
  const exact = [image(0, 1, 4), image(0, 10, 9), image(1, 0, 0)];
  const changed = [image(0, 2, 4), image(0, 9, 10), image(1, 0, 0)];
  expect(outputChange(exact, changed)).toEqual({ images: 3, otherFirstClass: 1, largestShift: 0.25 });
});
