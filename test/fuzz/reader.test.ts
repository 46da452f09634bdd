import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/signwave.js';
import { Reader } from './reader.js';

/** Answers a file's name, or hangs, crashes or throws later, as the name says. */
const WORKER = `process.on('message', ({ input: { name } }) => {
  if (name === 'hang') for (;;);
  if (name === 'crash') process.kill(process.pid, 'SIGSEGV');
  else if (name === 'throw') throw new RangeError('out of reach');
  else process.send([{ outcome: name, cpuMs: 1, peakBytes: 1 }]);
});`;
const path = join(temporaryFolder(), 'worker.mjs');
writeFileSync(path, WORKER);
const reader = new Reader(path, 3_000);
afterAll(() => reader.renew());

const read = (name: string) => reader.read({ kind: 'files', input: { name, bytes: new Uint8Array() } });

test.each([
  ['hang', 'hang', /no answer within 3 s/],
  ['crash', 'crash', /ended by SIGSEGV/],
  ['throw', 'crash', /RangeError: out of reach/],
])('an input at which the process does this is found, and the next one is read: %s', async (name, problem, text) => {
  expect((await read(name))[0]?.finding).toEqual({ problem, text: expect.stringMatching(text) });
  expect(await read('read')).toEqual([{ outcome: 'read', cpuMs: 1, peakBytes: 1 }]);
});
