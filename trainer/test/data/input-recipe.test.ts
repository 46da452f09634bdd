import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.js';
import { normalisationTable } from '../../src/data/augment.js';
import { inputRecipe } from '../../src/data/input-recipe.js';

const dataOf = (data: object) =>
  parseConfig(JSON.stringify({ architecture: 'demo_1w1a', data: { folder: 'd', ...data }, output: 'o' }), 'a.json')
    .data;

describe('the input recipe of a run', () => {
  test('has its mean and deviation, and no resize for images of one size', () => {
    const data = dataOf({ format: 'mnist', mean: [0.2], std: [0.4] });
    expect(inputRecipe(data, { height: 28, width: 28, channels: 1 })).toEqual({
      height: 28,
      width: 28,
      channels: 1,
      recipe: { channelOrder: 'gray', divisor: 255, mean: [0.2], std: [0.4] },
    });
  });

  test.each([
    [224, 256],
    [32, 37],
    [28, 32],
  ])('crops %i of a shorter side of %i pixels for images from a folder', (side, sizePixels) => {
    const { recipe } = inputRecipe(dataOf({ format: 'folder', side }), { height: side, width: side, channels: 3 });
    expect(recipe.resize).toEqual({ mode: 'shorterSide', sizePixels, interpolation: 'bilinear' });
    expect(recipe.channelOrder).toBe('rgb');
  });

  test('makes the floats that training normalises to, to the last bit', () => {
    const { fround } = Math;
    const [mean, std] = [0.4914, 0.2023];
    const table = normalisationTable(1, { mean: [mean], std: [std] });
    for (let byte = 0; byte < 256; byte++) {
      expect(table[byte]).toBe(fround(fround(fround(byte / 255) - fround(mean)) / fround(std)));
    }
  });
});
