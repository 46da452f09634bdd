import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sharedBytes, sharedLabels, takeImages } from '../../src/sets/image-set.js';
import { describeSample, sampleIndices } from '../../src/sets/sample.js';

const classes = (...counts: readonly number[]): number[] =>
  counts.flatMap((n, label) => new Array<number>(n).fill(label));

describe('a sample', () => {
  test('has each class’s share of it, to one, in ascending order without repeats', () => {
    const sets = fc.array(fc.nat(30), { minLength: 1, maxLength: 12 }).filter((counts) => counts.some((n) => n > 0));
    fc.assert(
      fc.property(sets, fc.integer({ min: 1, max: 200 }), (counts, count) => {
        const labels = classes(...counts);
        const indices = [...sampleIndices(labels, count)];
        expect(indices).toHaveLength(Math.min(count, labels.length));
        expect(indices).toEqual([...new Set(indices)].sort((a, b) => a - b));
        counts.forEach((n, label) => {
          const found = indices.filter((index) => labels[index] === label).length;
          expect(Math.abs(found - (Math.min(count, labels.length) * n) / labels.length)).toBeLessThan(1);
        });
      }),
    );
  });

  test('is the same each time, another one for another seed, and doesn’t depend on the numbers of the classes', () => {
    const labels = classes(40, 40, 40);
    expect(sampleIndices(labels, 20)).toEqual(sampleIndices(labels, 20));
    expect(sampleIndices(labels, 20)).not.toEqual(sampleIndices(labels, 20, 1));
    expect(
      sampleIndices(
        labels.map((label) => 7 - label),
        20,
      ),
    ).toEqual(sampleIndices(labels, 20));
  });

  test('isn’t the first images of each class', () => {
    expect([...sampleIndices(classes(100, 100), 10)].some((index) => index % 100 > 50)).toBe(true);
  });

  test('of more images than there are is all of them', () => {
    expect([...sampleIndices([1, 0, 1], 9)]).toEqual([0, 1, 2]);
    expect(describeSample([1, 0, 1], [0, 1, 2])).toBe('3 images');
  });

  test('says what it is', () => {
    const labels = classes(...new Array<number>(10).fill(10));
    expect(describeSample(labels, sampleIndices(labels, 20))).toBe('20 of 100 images, evenly over 10 classes, seed 0');
    expect(describeSample(labels, sampleIndices(labels, 3))).toBe(
      '3 of 100 images, evenly over 3 of 10 classes, seed 0',
    );
  });
});

test('images are taken out of a set with their labels and bytes', () => {
  const pixels = sharedBytes(12);
  pixels.set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const set = {
    kind: 'memory',
    count: 3,
    height: 2,
    width: 2,
    channels: 1,
    pixels,
    labels: sharedLabels([5, 6, 7]),
  } as const;
  const taken = takeImages(set, [2, 0]);
  expect([...taken.pixels]).toEqual([8, 9, 10, 11, 0, 1, 2, 3]);
  expect([...taken.labels]).toEqual([7, 5]);
  const files = { kind: 'files', count: 2, folder: 'f', paths: ['f/a', 'f/b'], labels: sharedLabels([1, 2]) } as const;
  expect(takeImages(files, [1])).toMatchObject({ count: 1, paths: ['f/b'], labels: sharedLabels([2]) });
});
