import { afterEach, describe, expect, test } from 'vitest';
import { isAfter, PROGRAMS, type ThreadStart, takePart, WORD } from '../../src/engine/threads/protocol.js';
import type { Thread } from '../../src/engine/threads/start-thread.js';
import { ThreadTeam } from '../../src/engine/threads/thread-team.js';

// The test itself plays the other thread, between or during the calling thread's parts. threads.test.ts uses real threads.

const MODULE = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
const MEMORY = new WebAssembly.Memory({ initial: 1 });
/** The first program has two rounds of two parts each, the second one only the first round. */
const ROUNDS = [
  { first: 0, count: 2 },
  { first: 2, count: 2 },
];
const WORK = { parts: [[], [], [], []], programs: [ROUNDS, [ROUNDS[0]!]] };
const LOST_MS = 50;
const CALLS = { execute: () => undefined, doAlone: () => undefined };

let teams: ThreadTeam[] = [];
afterEach(() => {
  for (const team of teams) team.stop();
  teams = [];
});

async function teamWith(execute: (part: number) => void) {
  const found: { control?: Int32Array; thread?: Thread } = {};
  const start = async ({ control }: ThreadStart): Promise<Thread> => {
    found.control = control;
    found.thread = { onEnd: undefined, terminate: () => undefined };
    return found.thread;
  };
  const team = await ThreadTeam.start(
    2,
    { module: MODULE, memory: MEMORY, work: WORK },
    { execute, doAlone: () => expect.fail('not alone') },
    {
      lostMs: LOST_MS,
      start,
      newPace: () => ({ isShared: true, note: () => undefined }),
    },
  );
  teams.push(team);
  return { team, control: found.control!, thread: found.thread! };
}

function messageOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

describe('the calling thread', () => {
  test('does all parts in order while the other one sleeps', async () => {
    const done: number[] = [];
    const { team } = await teamWith((part) => done.push(part));
    team.run(0);
    team.run(1);
    expect(done).toEqual([0, 1, 2, 3, 0, 1]);
  });

  test('leaves to the other one what that has claimed, and takes the rest', async () => {
    const done: string[] = [];
    const { team, control } = await teamWith((part) => {
      done.push(`0: ${part}`);
      if (part !== 0) return;
      // The other thread comes late and does its own part of this round; it may not begin with the next round.
      const run = Atomics.load(control, WORD.run);
      const execute = (its: number): void => void done.push(`1: ${its}`);
      takePart(control, ROUNDS, run, 1, execute, () => false);
    });
    team.run(0);
    expect(done).toEqual(['0: 0', '1: 1', '0: 2', '0: 3']);
  });

  test('is not disturbed by one that comes with a run that is over', async () => {
    const done: number[] = [];
    const late: number[] = [];
    let firstRun = 0;
    const { team, control } = await teamWith((part) => {
      done.push(part);
      takePart(
        control,
        ROUNDS,
        firstRun,
        1,
        (its) => late.push(its),
        () => false,
      );
    });
    team.run(0);
    firstRun = Atomics.load(control, WORD.run);
    done.length = 0;
    team.run(1);
    team.run(0);
    expect(done).toEqual([0, 1, 0, 1, 2, 3]);
    expect(late).toEqual([]);
  });

  test('counts runs beyond 2^31, and claims parts that were not needed for long', async () => {
    const done: number[] = [];
    const { team, control } = await teamWith((part) => done.push(part));
    team.run(0);
    for (const before of [2 ** 28, 2 ** 30, 2 ** 31, 2 ** 31 + 2 ** 29, 2 ** 32]) {
      Atomics.store(control, WORD.run, (before - 2 * PROGRAMS) | 0);
      Atomics.store(control, WORD.done, (before - 3) | 0);
      for (let n = 0; n < 4; n++) {
        done.length = 0;
        team.run(n % 2);
        expect(done).toEqual(n % 2 === 0 ? [0, 1, 2, 3] : [0, 1]);
      }
    }
    expect(isAfter(-(2 ** 31), 2 ** 31 - 1)).toBe(true);
  });
});

describe('a thread that is lost', () => {
  test('between runs is no loss', async () => {
    const done: number[] = [];
    const { team, thread } = await teamWith((part) => done.push(part));
    expect(team.size).toBe(2);
    thread.onEnd!('it ran out of memory');
    expect(team.size).toBe(1);
    team.run(0);
    expect(done).toEqual([0, 1, 2, 3]);
  });

  test('while it holds a part gives an error in time, from then on always', async () => {
    const { team, control } = await teamWith((part) => {
      if (part !== 0) return;
      const run = Atomics.load(control, WORD.run);
      const die = (): never => {
        throw new Error('killed');
      };
      expect(() => takePart(control, ROUNDS, run, 1, die, () => false)).toThrow('killed');
    });
    expect(messageOf(() => team.run(0))).toMatch(
      /a thread has not answered for 0.05 s; dispose of the model and load it/,
    );
    expect(messageOf(() => team.run(1))).toMatch(/has not answered/);
  });

  test('by an error of its own is named at once', async () => {
    const { team, control } = await teamWith((part) => {
      if (part !== 0) return;
      const run = Atomics.load(control, WORD.run);
      expect(() =>
        takePart(
          control,
          ROUNDS,
          run,
          1,
          () => expect.fail('trap'),
          () => false,
        ),
      ).toThrow('trap');
      Atomics.store(control, WORD.failed, 1);
    });
    expect(messageOf(() => team.run(0))).toMatch(/a kernel failed in a thread/);
  });
});

test('a team whose threads don’t all start ends those that did', async () => {
  let terminated = 0;
  const start = async ({ thread }: ThreadStart): Promise<Thread> => {
    if (thread === 2) throw new Error('no more workers');
    return { onEnd: undefined, terminate: () => void terminated++ };
  };
  const team = ThreadTeam.start(3, { module: MODULE, memory: MEMORY, work: WORK }, CALLS, { start });
  await expect(team).rejects.toMatchObject({ code: 'E_ENGINE', message: 'no more workers' });
  expect(terminated).toBe(1);
});
