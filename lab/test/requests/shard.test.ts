import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { everyNth, linesOfShard, parseShard } from '../../src/requests/shard.js';

describe('linesOfShard', () => {
  test('gives each line to exactly one share, in order, and no share two lines more than another', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 50 }), (lines, count) => {
        let next = 1;
        const sizes = Array.from({ length: count }, (_, n) => {
          const { first, last } = linesOfShard({ index: n + 1, count }, lines);
          expect(first).toBe(next);
          next = last + 1;
          return last - first + 1;
        });
        expect(next).toBe(lines + 1);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('parseShard', () => {
  test.each<[string, Record<string, string>, [number, number]]>([
    ['3/8', {}, [3, 8]],
    [
      'auto',
      {
        SLURM_ARRAY_TASK_ID: '14',
        SLURM_ARRAY_TASK_MIN: '10',
        SLURM_ARRAY_TASK_STEP: '2',
        SLURM_ARRAY_TASK_COUNT: '5',
        SLURM_PROCID: '0',
        SLURM_NTASKS: '1',
      },
      [3, 5],
    ],
    ['auto', { SLURM_PROCID: '0', SLURM_NTASKS: '4' }, [1, 4]],
    ['auto', { AWS_BATCH_JOB_ARRAY_INDEX: '7', AWS_BATCH_JOB_ARRAY_SIZE: '8' }, [8, 8]],
    ['auto/8', { JOB_COMPLETION_INDEX: '0' }, [1, 8]],
  ])('reads %s with %o', (text, environment, [index, count]) => {
    expect(parseShard(text, environment)).toEqual({ index, count });
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['3', {}, /expected a share such as 3\/8, auto or auto\/8/],
    ['a/b', {}, /expected a share/],
    ['-1/3', {}, /expected a share/],
    ['0/8', {}, /share 0 of 8; shares are counted from 1/],
    ['9/8', {}, /share 9 of 8/],
    ['auto', {}, /none of SLURM_ARRAY_TASK_ID, .* is in the environment; give the share: 3\/8/],
    ['auto', { JOB_COMPLETION_INDEX: '0' }, /Kubernetes .* doesn't say how many tasks there are; auto\/8 does/],
    ['auto/8', { JOB_COMPLETION_INDEX: '8' }, /share 9 of 8/],
    ['auto', { SLURM_PROCID: 'x', SLURM_NTASKS: '4' }, /share NaN of 4/],
  ])('refuses %s with %o', (text, environment, message) => {
    expect(() => parseShard(text, environment)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: expect.stringMatching(message) }),
    );
  });
});

describe('every nth item', () => {
  test.each([
    [1, 5],
    [3, 5],
    [7, 5],
    [2, 0],
  ])('in %i shares of %i items gives each of them once, in order', (count, items) => {
    const list = Array.from({ length: items }, (_, n) => n);
    const shares = Array.from({ length: count }, (_, n) => everyNth({ index: n + 1, count }, list));
    expect(shares.flat().sort((a, b) => a - b)).toEqual(list);
    for (const share of shares) {
      expect(share).toEqual([...share].sort((a, b) => a - b));
      expect(share.length).toBeGreaterThanOrEqual(Math.floor(items / count));
    }
  });

  test('is not beside the one before', () => {
    expect(everyNth({ index: 2, count: 3 }, ['a', 'b', 'c', 'd', 'e'])).toEqual(['b', 'e']);
  });
});
