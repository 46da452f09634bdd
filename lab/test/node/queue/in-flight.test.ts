import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inFlight } from '../../../src/node/queue/in-flight.js';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) yield n;
}

test('what is in flight keeps its order, whichever ends first, and never exceeds its bound', async () => {
  let [flying, most] = [0, 0];
  const results = inFlight(numbers(20), 4, async (n) => {
    most = Math.max(most, ++flying);
    await sleep(n % 3 === 0 ? 20 : 1);
    flying--;
    return n;
  });
  const order: number[] = [];
  for await (const n of results) order.push(n);
  expect(order).toEqual([...new Array(20).keys()]);
  expect(most).toBe(4);
});

test('an error in flight comes in its turn, and the ones behind it are heard by nobody', async () => {
  const seen: number[] = [];
  const results = inFlight(numbers(9), 4, async (n) => {
    if (n >= 5) throw new Error(`${n}`);
    return n;
  });
  const all = async (): Promise<void> => {
    for await (const n of results) seen.push(n);
  };
  await expect(all()).rejects.toThrow('5');
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});
