import { describe, expect, test } from 'vitest';
import { instructionsOf, readCalls } from '../instructions/cycles.mjs';

describe('what QEMU executed', () => {
  test('is divided where instructions were executed more often than those before, or don’t follow them', () => {
    const [call] = readCalls('10 1 aaaaaaaa bbbbbbbb cccccccc\n40 5 eeeeeeee\n1c 1 dddddddd\n-\n');
    expect(call).toEqual([
      { code: ['aaaaaaaa', 'bbbbbbbb', 'cccccccc', 'dddddddd'], executions: 1 },
      { code: ['eeeeeeee'], executions: 5 },
    ]);
  });

  test('counts an instruction in every block that has it: a loop is entered from above, then from its end', () => {
    const [call] = readCalls('10 1 aaaaaaaa bbbbbbbb\n14 9 bbbbbbbb\n-\n');
    expect(call).toEqual([
      { code: ['aaaaaaaa'], executions: 1 },
      { code: ['bbbbbbbb'], executions: 10 },
    ]);
    expect(instructionsOf(call!)).toBe(11);
  });

  test('belongs to one call each', () => {
    expect(readCalls('10 1 aa\n-\n10 2 aa\n-\n').map(instructionsOf)).toEqual([1, 2]);
  });
});
