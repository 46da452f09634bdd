import { expect, test } from 'vitest';
import { compareDigests } from '../scripts/compare.mjs';

const model = { name: 'a', input: '00000001', layers: { 4: '00000002' }, logits: '00000003' };

test('equal digests differ in nothing', () => {
  expect(compareDigests([model], [model])).toEqual([]);
});

test.each([
  [{ ...model, input: 'ffffffff' }, /input/],
  [{ ...model, layers: { 4: 'ffffffff' } }, /node 4/],
  [{ ...model, layers: {} }, /node 4 is undefined/],
  [{ ...model, layers: { ...model.layers, 9: '00000000' } }, /node 9/],
  [{ ...model, logits: 'ffffffff' }, /logits/],
])('each difference is told: %o', (found, message) => {
  expect(compareDigests([found], [model])).toEqual([expect.stringMatching(message)]);
});

test('a model that is missing is told', () => {
  expect(compareDigests([], [model])).toEqual(['the number of models is 0, expected 1']);
});

test('only models without binary layers may have other logits than the reference', () => {
  const floats = { ...model, layers: {} };
  expect(compareDigests([{ ...floats, logits: 'ffffffff' }], [floats], { areFloatsFree: true })).toEqual([]);
  expect(compareDigests([{ ...model, logits: 'ffffffff' }], [model], { areFloatsFree: true })).toHaveLength(1);
});
