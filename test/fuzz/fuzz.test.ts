import { SignwaveError } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { judge, signature } from './judge.js';
import { INPUTS_OF_A_BASE, WrongResult } from './kind.js';
import { KINDS, type KindName } from './kinds/index.js';
import { makeInput } from './make-input.js';
import { minimise } from './minimise.js';
import { readOptions } from './options.mjs';
import { Schedule } from './schedule.js';

const NAMES = Object.keys(KINDS) as KindName[];
const INPUT = { name: 'a.bin', bytes: new Uint8Array() };

/** What is found if reading an input does this. */
async function found(read: () => void): Promise<string | undefined> {
  const { finding } = await judge({ read: async () => void read() }, INPUT);
  return finding && `${finding.problem}: ${finding.text}`;
}

describe.each(NAMES)('inputs of the kind %s', (kind) => {
  test('are the same for one seed, and others for another', () => {
    for (let number = 0; number < 20; number++) {
      const once = makeInput(kind, 5, number);
      // Of another base, which may be kept.
      makeInput(kind, 5, number + INPUTS_OF_A_BASE);
      expect(makeInput(kind, 5, number)).toEqual(once);
    }
    const inputs = (seed: number) => Array.from({ length: 20 }, (_, number) => makeInput(kind, seed, number));
    expect(inputs(5)).not.toEqual(inputs(6));
  });

  test('are read or refused', { timeout: 120_000 }, async () => {
    let refused = 0;
    for (let number = 0; number < 40; number++) {
      const { outcome, finding } = await judge(KINDS[kind], makeInput(kind, 1, number), number);
      // Other tests in this process have taken memory, and its machine may be busy.
      if (finding?.problem !== 'memory') expect(finding, `input ${number} of seed 1`).toBeUndefined();
      if (outcome === 'refused') refused++;
    }
    if (kind === 'graphs') expect(refused).toBe(0);
    else expect(refused).toBeGreaterThan(0);
  });
});

describe('what is wrong with reading an input', () => {
  test('is an error that isn’t a SignwaveError', async () => {
    expect(
      await found(() => {
        (undefined as unknown as Map<string, string>).get('x');
      }),
    ).toMatch(/^foreign error: TypeError: Cannot read/);
  });

  test('is another result than the right one', async () => {
    expect(
      await found(() => {
        throw new WrongResult('output 1 is 2 in place of 3');
      }),
    ).toBe('wrong result: output 1 is 2 in place of 3');
  });

  test('is a control character in the text of a refusal', async () => {
    const refuse = (text: string) => () => {
      throw new SignwaveError('E_IO', text);
    };
    expect(await found(refuse('\u001b[31m'))).toBe('control characters: E_IO: "\\u001b[31m"');
    expect(await found(refuse('a.bin is empty'))).toBeUndefined();
  });

  test('is the time that the processor takes', async () => {
    const busy = () => {
      const start = process.cpuUsage().user;
      while (process.cpuUsage().user - start < 60_000) {}
    };
    const { finding } = await judge({ read: async () => void busy() }, INPUT, 0, 50);
    expect(finding?.text).toMatch(/^\d+ ms of processor time/);
  });

  test('is one bug wherever only numbers differ', () => {
    const bug = (text: string) => signature({ problem: 'wrong result', text });
    expect(bug('output 1 is 2.5 in place of 3')).toBe(bug('output 17 is -1e-7 in place of 0'));
    expect(bug('output 1 is 2')).not.toBe(bug('bits of node 1'));
  });
});

test('random graphs are compared on several executors, and what is equal is counted', async () => {
  const { compared } = await judge(KINDS.graphs, makeInput('graphs', 1, 2), 2);
  const { compared: onAll } = await judge(KINDS.graphs, makeInput('graphs', 1, 2));
  expect(compared!.signMaps).toBeGreaterThan(0);
  expect(onAll!.signMaps).toBe(compared!.signMaps);
  expect(onAll!.bits).toBeGreaterThan(compared!.bits);
});

test('small networks of one’s own are converted though their weights are damaged, and compared', async () => {
  let compared = 0;
  for (let number = 0; number < 80; number++) {
    const verdict = await judge(KINDS.checkpoints, makeInput('checkpoints', 1, number), number);
    if (verdict.compared?.bits) compared++;
  }
  expect(compared).toBeGreaterThan(1);
});

test('the kind that is least far of its number of inputs is next, until all are read', () => {
  const schedule = new Schedule(['files', 'images'], { files: 100, images: 10 });
  const tallies = (files: number, images: number) => ({ files: { inputs: files }, images: { inputs: images } });
  expect(schedule.next(tallies(50, 4))).toBe('images');
  expect(schedule.next(tallies(30, 4))).toBe('files');
  expect(schedule.next(tallies(100, 9))).toBe('images');
  expect(schedule.next(tallies(100, 10))).toBeUndefined();
  expect(schedule.left('images', { inputs: 4 })).toBe(6);
  const endless = new Schedule(['files', 'images'], {});
  expect([1, 2, 3].map(() => endless.next(tallies(9, 1)))).toEqual(['files', 'images', 'files']);
});

test('a failing file is made as small as it can be while it fails', async () => {
  const file = Uint8Array.from({ length: 3_000 }, (_, i) => 1 + (i % 200));
  file.set([250, 251], 1_700);
  const has = (bytes: Uint8Array, value: number) => bytes.includes(value);
  const smallest = await minimise(file, async (bytes) => has(bytes, 250) && has(bytes, 251), 1_000);
  expect([...smallest]).toEqual([250, 251]);
  const asked: number[] = [];
  await minimise(file, async (bytes) => asked.push(bytes.length) < 0, 10);
  expect(asked).toHaveLength(10);
});

test.each([
  [
    ['--kinds', 'files,images', '--seed', '7'],
    { options: { minutes: 3, seed: 7, kinds: ['files', 'images'], processes: 1 } },
  ],
  [
    ['--inputs', 'files=20,json=3', '--seed', '7', '--processes', '2'],
    { options: { minutes: 3, seed: 7, kinds: ['files', 'json'], processes: 2, inputs: { files: 20, json: 3 } } },
  ],
  [['--inputs', 'files=x'], { problem: '--inputs takes a whole number of each kind, not NaN of files' }],
  [['--inputs', 'sounds=1'], { problem: `--kinds takes some of ${NAMES.join(',')}, not sounds` }],
  [['--kinds', 'sounds'], { problem: `--kinds takes some of ${NAMES.join(',')}, not sounds` }],
  [['--minutes', '0'], { problem: '--minutes takes a number above 0, not 0' }],
  [['--seed', 'x'], { problem: '--seed takes a whole number, not x' }],
  [['--file', 'a.png'], { problem: '--file needs --kinds with the one that it is of' }],
  [['--help'], { help: true }],
])('the options %j are read, or refused in words', (args, expected) => {
  expect(readOptions(args, NAMES)).toEqual(expected);
});
