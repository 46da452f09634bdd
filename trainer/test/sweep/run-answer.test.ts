import { describe, expect, test } from 'vitest';
import { readRunAnswer } from '../../src/sweep/run-answer.js';

const ANSWER = {
  id: 'seed=1',
  output: 'runs/seed=1',
  state: 'finished',
  epochs: 3,
  epochsOf: 3,
  bestTestAccuracy: 0.5,
  bestEpoch: 1,
  lastTestAccuracy: 0.25,
  backend: 'wasm',
};

describe('the answer to a run', () => {
  test('is read as a worker gives it, its keys in their order', () => {
    expect(JSON.stringify(readRunAnswer(JSON.stringify(ANSWER), 'seed=1'))).toBe(JSON.stringify(ANSWER));
    const failed = { id: 'seed=1', error: { code: 'E_TRAINING', message: 'the loss became NaN' } };
    expect(readRunAnswer(JSON.stringify(failed), 'seed=1')).toEqual({ error: failed.error });
  });

  test.each<[string, string]>([
    ['no JSON', '{'],
    ['no answer', '{}'],
    ['without accuracy', JSON.stringify({ ...ANSWER, bestTestAccuracy: undefined })],
    ['of a run that goes on', JSON.stringify({ ...ANSWER, state: 'unfinished' })],
  ])('is refused that is %s', (_, text) => {
    expect(() => readRunAnswer(text, 'seed=1')).toThrow(
      expect.objectContaining({ code: 'E_DATA', message: expect.stringMatching(/^the answer to run seed=1 is none/) }),
    );
  });
});
