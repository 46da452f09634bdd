import { describe, expect, test } from 'vitest';
import { LARQ_NETWORKS, LARQ_USAGE, readLarqOptions } from '../larq-options.mjs';

describe('node bench/scripts/larq.mjs', () => {
  test('measures all networks unless it is told otherwise', () => {
    expect(readLarqOptions([])).toEqual({
      options: { networks: LARQ_NETWORKS, rounds: 15, again: false, write: false },
    });
  });

  test('takes networks one by one, and measures them in the order of the table', () => {
    const args = ['--network', 'QuickNet', '--network', 'QuickNetSmall', '--rounds', '1', '--again', '--write'];
    expect(readLarqOptions(args)).toEqual({
      options: { networks: ['QuickNetSmall', 'QuickNet'], rounds: 1, again: true, write: true },
    });
  });

  test('prints its options', () => {
    expect(readLarqOptions(['--help', '--rounds', '0'])).toEqual({ help: true });
    for (const option of ['--network', '--rounds', '--again', '--write', '--help'])
      expect(LARQ_USAGE).toContain(`\n  ${option} `);
  });

  test.each([
    ['an option that it does not have', ['--peers', 'all'], /Unknown option '--peers'/],
    ['no rounds', ['--rounds', '0'], /--rounds takes a number from 1 on, not 0/],
    ['another network', ['--network', 'XNORNet'], /--network takes one of QuickNetSmall, .*, not XNORNet/],
  ])('refuses %s in a line', (_, args, message) => {
    const { problem } = readLarqOptions(args) as { problem: string };
    expect(problem).toMatch(message);
    expect(problem).not.toContain('\n');
  });
});
