import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tinyModel } from '../web/tiny-model.js';
import { runProgram } from './run-program.js';

const LOADS = 200;
/** Allowed growth of the heap for each load. A model that leaks keeps at least its file, which is larger, and a memory of 64 KiB pages. */
const HEAP_BYTES = 4_000;
/** V8 goes on compiling, and recording what runs, during the first loads. */
const WARM_UP_LOADS = 100;
const OS_THREADS = '/proc/self/task';

/** Loads models and releases them, and prints the process's memory before and after. */
const program = (threads: number): string => `
  import { existsSync, readdirSync, readFileSync } from 'node:fs';
  import { load } from './src/index.ts';
  const file = Uint8Array.of(${tinyModel().join()});
  const memory = async () => {
    for (let n = 0; n < 10; n++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 50)); // threads end, finalizers run
    }
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    const osThreads = existsSync('${OS_THREADS}') ? readdirSync('${OS_THREADS}').length : 0;
    return { heapUsed, external, arrayBuffers, osThreads };
  };
  const loadAndDispose = async (count) => {
    for (let n = 0; n < count; n++) {
      const model = await load(file, { threads: ${threads} });
      if (model.info().threads !== ${threads}) throw new Error(model.info().threadsReason);
      model.run(new Uint8Array(48));
      model.dispose();
    }
    return memory();
  };
  const before = await loadAndDispose(${WARM_UP_LOADS});
  const after = await loadAndDispose(${LOADS});
  const kept = await load(file, { threads: ${threads} });
  console.log(JSON.stringify({ before, after, withOne: await memory() }));
  kept.dispose();
`;

describe.each([1, 2])('on %i thread(s)', (threads) => {
  test(`${LOADS} models that are let go leave no heap, no memory and no thread behind`, {
    timeout: 180_000,
  }, async () => {
    const { status, stdout, stderr } = await runProgram(program(threads), ['--expose-gc']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { before, after, withOne } = JSON.parse(stdout);
    console.log(`${threads} threads, ${LOADS} loads: ${JSON.stringify({ before, after })}`);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(LOADS * HEAP_BYTES);
    for (const kind of ['external', 'arrayBuffers']) expect(after[kind] - before[kind], kind).toBeLessThan(100_000);
    expect(after.osThreads).toBe(before.osThreads);
    // Shows that the count sees a living thread.
    if (existsSync(OS_THREADS)) expect(withOne.osThreads - after.osThreads).toBe(threads - 1);
  });
});
