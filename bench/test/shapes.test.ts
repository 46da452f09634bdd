import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeLayer } from '../src/layer.js';
import { type LayerShape, outputSides, parseShapeSet, shapeTitle } from '../src/shapes.js';

const FOLDER = fileURLToPath(new URL('../shapes/', import.meta.url));
const LAYER = { height: 8, width: 8, inChannels: 6, outChannels: 4, kernel: 3, stride: 1, pad: 1, groups: 2 };
const fileOf = (layer: object): string => JSON.stringify({ title: 'a', source: 'b', layers: [layer] });

describe('a file of shapes', () => {
  test.each(readdirSync(FOLDER))('%s can be read, and its maps keep at least one pixel', (name) => {
    for (const layer of parseShapeSet(readFileSync(FOLDER + name, 'utf8'), name).layers) {
      expect(outputSides(layer).height).toBeGreaterThan(0);
    }
  });

  test('has bits for activations unless it says otherwise', () => {
    expect(parseShapeSet(fileOf(LAYER), 'x.json').layers[0]!.activations).toBe('bits');
  });

  test.each([
    ['no JSON', '{', /x\.json is no JSON/],
    ['a missing side', fileOf({ ...LAYER, height: undefined }), /x\.json: layers\.0\.height/],
    ['a side of 0', fileOf({ ...LAYER, width: 0 }), /x\.json: layers\.0\.width/],
    ['an unknown key', fileOf({ ...LAYER, channels: 3 }), /x\.json: layers\.0\.channels/],
    ['groups that do not divide the channels', fileOf({ ...LAYER, groups: 3 }), /6 and 4 channels.* 3 groups/],
    ['no layers', JSON.stringify({ title: 'a', source: 'b', layers: [] }), /x\.json: layers/],
  ])('is refused for %s', (_, text, message) => {
    expect(() => parseShapeSet(text, 'x.json')).toThrow(message);
  });
});

describe('a layer', () => {
  const shape: LayerShape = { ...LAYER, activations: 'bits' };

  test('has a title for people', () => {
    expect(shapeTitle(shape)).toBe('6 -> 4, 8 x 8, 3 x 3, 2 groups');
    expect(shapeTitle({ ...shape, outChannels: 6, groups: 1, stride: 2, activations: 'floats' })).toBe(
      '6, 8 x 8, 3 x 3 / 2, floats',
    );
  });

  test('is the same for the same seed, and another for another', () => {
    expect(makeLayer(shape, 1).bytes).toEqual(makeLayer(shape, 1).bytes);
    expect(makeLayer(shape, 1).bytes).not.toEqual(makeLayer(shape, 2).bytes);
  });
});
