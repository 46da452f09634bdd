import { writeModel } from '@signwave/format';
import { load } from '@signwave/runtime';
import { expect, test } from 'vitest';
import { type AnswerOptions, answerLines } from '../../src/requests/answer-lines.js';
import type { Line } from '../../src/requests/split-lines.js';
import { tinyModel } from '../tiny-model.js';

const OPTIONS: Pick<AnswerOptions, 'kind' | 'top' | 'ahead'> = { kind: 'logits', top: 2, ahead: 3 };
const request = (number: number): Line => ({ number, text: `{"path":"${number}"}` });
const soon = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('answers come in the order of the lines, whichever input is read first, and an error is an answer', async () => {
  const model = await load(writeModel(tinyModel()));
  async function* lines(): AsyncGenerator<Line> {
    for (const number of [1, 2, 3]) yield request(number);
    yield { number: 4, problem: 'the line is not UTF-8' };
    yield { number: 5, text: '{"id":"five","path":"5"}' };
  }
  const answers = [];
  const readInput: AnswerOptions['readInput'] = async ({ id }) => {
    await soon(id === 1 ? 20 : 0);
    return Uint8Array.of(0, 50, 200, typeof id === 'number' ? id : 0);
  };
  for await (const answer of answerLines(model, lines(), { ...OPTIONS, readInput })) answers.push(answer);
  const logits = (last: number) => Array.from(model.run(Uint8Array.of(0, 50, 200, last)));
  expect(answers).toEqual([
    ...[1, 2, 3].map((id) => ({ id, logits: logits(id) })),
    { id: 4, error: { code: 'E_REQUEST', message: 'the line is not UTF-8' } },
    { id: 'five', logits: logits(0) },
  ]);
});

test('an answer does not wait for the next line', async () => {
  const model = await load(writeModel(tinyModel()));
  let send = (_: Line): void => {};
  async function* lines(): AsyncGenerator<Line> {
    yield request(1);
    yield await new Promise<Line>((resolve) => {
      send = resolve;
    });
  }
  const answers = answerLines(model, lines(), { ...OPTIONS, readInput: async () => new Uint8Array(4) });
  expect((await answers.next()).value).toMatchObject({ id: 1 });
  const second = answers.next();
  await soon(5);
  send(request(2));
  expect((await second).value).toMatchObject({ id: 2 });
  expect((await answers.next()).done).toBe(true);
});

test('no more lines are read than may be ahead, however many there are', async () => {
  const model = await load(writeModel(tinyModel()));
  let given = 0;
  async function* lines(): AsyncGenerator<Line> {
    for (;;) yield request(++given);
  }
  const answers = answerLines(model, lines(), { ...OPTIONS, readInput: async () => new Uint8Array(4) });
  for (let n = 1; n <= 100; n++) {
    expect((await answers.next()).value).toMatchObject({ id: n });
    expect(given - n).toBeLessThanOrEqual(OPTIONS.ahead + 1);
  }
});

test('a mistake of the program is no answer', async () => {
  const model = await load(writeModel(tinyModel()));
  const readInput = async (): Promise<never> => {
    throw new TypeError('x is not a function');
  };
  async function* lines(): AsyncGenerator<Line> {
    yield request(1);
  }
  await expect(answerLines(model, lines(), { ...OPTIONS, readInput }).next()).rejects.toThrow(TypeError);
});
