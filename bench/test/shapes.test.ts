import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DEFAULT_FAMILY, FAMILIES } from '../src/families.js';
import { makeLayer } from '../src/layer.js';
import { layerMs, ownLayer } from '../src/measure/layer-step.js';
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

  test.each(FAMILIES)('is run and timed by $title', async (family) => {
    for (const activations of ['bits', 'floats'] as const) {
      const { step, model } = await ownLayer(makeLayer({ ...shape, activations }, 1), family);
      expect(await (step as { medianMs(runs: number): number }).medianMs(3)).toBeGreaterThan(0);
      model.dispose();
    }
  });

  test('takes the steps with its convolution, and those that only prepare data; not its sign', () => {
    const step = {
      kernel: '',
      name: '',
      shape: { height: 1, width: 1, channels: 1 },
      macs: 0,
      isBinary: true,
      reason: '',
    };
    const profile = [
      { ...step, nodes: [1], medianMs: 100 },
      { ...step, nodes: [], medianMs: 3 },
      { ...step, nodes: [2, 3], medianMs: 20 },
    ];
    expect(layerMs(profile, 2)).toBe(23);
  });

  test('is not timed if its output is wrong by one', async () => {
    const layer = makeLayer(shape, 1);
    const expected = layer.expected.map((value, i) => (i === 3 ? value + 1 : value));
    await expect(ownLayer({ ...layer, expected }, DEFAULT_FAMILY)).rejects.toThrow(/nothing was timed/);
  });
});
