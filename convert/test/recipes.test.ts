import type { InputRecipe } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { ownArchitecture } from '../src/models/own-network.js';
import { agreesWithTrained, describeRecipe, parseRecipeJson } from '../src/models/recipes.js';

const parse = (text: string): InputRecipe => parseRecipeJson(text, 'recipe.json');

describe('a recipe in JSON', () => {
  test('needs a mean and a deviation per channel; the rest is what is usual', () => {
    expect(parse('{"mean": [0.1], "std": [0.2]}')).toEqual({
      channelOrder: 'gray',
      divisor: 255,
      mean: [0.1],
      std: [0.2],
    });
    expect(parse('{"mean": [0, 0, 0], "std": [1, 1, 1]}').channelOrder).toBe('rgb');
  });

  test('may say everything', () => {
    const recipe: InputRecipe = {
      resize: { mode: 'shorterSide', sizePixels: 36, interpolation: 'bicubic' },
      channelOrder: 'bgr',
      divisor: 1,
      mean: [104, 117, 123],
      std: [1, 2, 3],
    };
    expect(parse(JSON.stringify(recipe))).toEqual(recipe);
    expect(parse('{"mean": [0], "std": [1], "resize": {"mode": "stretch"}}').resize).toEqual({
      mode: 'stretch',
      sizePixels: 0,
      interpolation: 'bilinear',
    });
    expect(parse('{"mean": [0], "std": [1], "resize": {"mode": "centreSquare"}}').resize).toEqual({
      mode: 'centreSquare',
      sizePixels: 0,
      interpolation: 'bicubic',
    });
  });

  test.each([
    ['{"mean": ', /recipe\.json is no JSON/],
    ['[]', /is \[\], expected a recipe/],
    ['{"mean": [0], "std": [1], "means": 1}', /has "means", which is no field of a recipe; known: resize/],
    ['{"mean": [0], "std": [1], "resize": {"mode": "stretch", "size": 3}}', /"size", which is no field of a resize/],
    [
      '{"mean": [0], "std": [1], "resize": {"mode": "centreSquare", "interpolation": "bilinear"}}',
      /"bilinear", but a centreSquare is bicubic/,
    ],
    ['{"std": [1]}', /has mean absent, expected a list of 3 numbers/],
    ['{"mean": [0, 0], "std": [1, 1]}', /has mean \[0,0\]/],
    ['{"mean": ["0"], "std": [1]}', /has mean \["0"\]/],
    ['{"mean": [0], "std": [0]}', /deviation of 0 in std/],
    ['{"mean": [0], "std": [1e-60]}', /deviation of 1e-60 in std/],
    ['{"mean": [0], "std": [1, 1, 1]}', /1 means and 3 deviations/],
    ['{"mean": [127], "std": [64]}', /mean of 127.*"divisor": 1/],
    ['{"mean": [0], "std": [1], "divisor": 0}', /divisor 0/],
    ['{"mean": [0], "std": [1e-39]}', /divides by 255 and 1e-39, which makes bytes larger than a float32/],
    ['{"mean": [0], "std": [1e-38], "divisor": 1e-38}', /larger than a float32/],
    ['{"mean": [1e38], "std": [0.01], "divisor": 1e-37}', /larger than a float32/],
    [`${'['.repeat(100_000)}`, /nested deeper than 64 levels/],
    ['{"mean": [0], "mean": [1], "std": [1]}', /"mean" stands twice/],
    ['{"mean": [0], "std": [1], "channelOrder": "rgb"}', /1 means for rgb images of 3 channels/],
    ['{"mean": [0], "std": [1], "channelOrder": "grey"}', /channelOrder "grey", expected one of rgb, bgr, gray/],
    ['{"mean": [0], "std": [1], "resize": 32}', /resize 32, expected an object/],
    ['{"mean": [0], "std": [1], "resize": {"mode": "fit", "sizePixels": 3}}', /resize\.mode "fit"/],
    ['{"mean": [0], "std": [1], "resize": {"mode": "shorterSide"}}', /resize\.sizePixels absent/],
    ['{"mean": [0], "std": [1], "resize": {"mode": "shorterSide", "sizePixels": 65536}}', /sizePixels 65536/],
    [
      '{"mean": [0], "std": [1], "resize": {"mode": "shorterSide", "sizePixels": 3, "interpolation": "area"}}',
      /resize\.interpolation "area"/,
    ],
  ])('%s is refused', (text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: expect.stringMatching(message) }),
    );
  });

  test('is checked in a network of one’s own, too', () => {
    const definition = { name: 'n', classifier: 'fc', build() {}, preprocess: { mean: [0], std: [1], crop: 3 } };
    expect(() => ownArchitecture(definition, 'own.mjs')).toThrow(/own\.mjs has a preprocess that has "crop"/);
  });
});

test('a recipe agrees with that of the training where it makes the same float32 numbers and resizes as that does, if it does', () => {
  const trained = parse('{"mean": [0.1], "std": [0.1]}');
  const resized = parse('{"mean": [0.1], "std": [0.1], "resize": {"mode": "shorterSide", "sizePixels": 36}}');
  expect(agreesWithTrained(trained, { ...trained, mean: [Math.fround(0.1)] })).toBe(true);
  expect(agreesWithTrained(trained, { ...trained, std: [0.2] })).toBe(false);
  expect(agreesWithTrained(trained, resized)).toBe(true);
  expect(agreesWithTrained(resized, trained)).toBe(false);
  expect(agreesWithTrained(resized, { ...trained, resize: { ...resized.resize!, sizePixels: 32 } })).toBe(false);
  expect(describeRecipe(resized)).toBe(
    'shorter side to 36, centre cropped (bilinear), gray, divided by 255, mean 0.1, std 0.1',
  );
});
