import { describe, expect, test } from 'vitest';
import { borderClasses, classesOfPositions, tapsInside } from '../src/border-classes.js';

describe('border classes', () => {
  test('group the positions at which the same taps lie inside', () => {
    expect(borderClasses({ size: 4, outputSize: 4, kernel: 3, stride: 1, pad: 1 })).toEqual({
      leading: 1,
      inside: [
        [false, true, true],
        [true, true, true],
        [true, true, false],
      ],
    });
  });

  test('have none at the end where the stride passes it by', () => {
    expect(borderClasses({ size: 4, outputSize: 2, kernel: 3, stride: 2, pad: 1 })).toEqual({
      leading: 1,
      inside: [
        [false, true, true],
        [true, true, true],
      ],
    });
  });

  test('are one for each position of a map smaller than the kernel', () => {
    const { leading, inside } = borderClasses({ size: 2, outputSize: 2, kernel: 5, stride: 1, pad: 2 });
    expect(leading).toBe(1);
    expect(inside).toHaveLength(2);
  });

  test('of positions are those of the convolution whose taps they tell apart', () => {
    for (const [size, kernel, stride, pad, dilation] of [
      [4, 3, 1, 1, 1],
      [9, 3, 2, 1, 1],
      [7, 3, 1, 2, 2],
      [8, 5, 2, 1, 1],
      [6, 2, 1, 0, 1],
      [2, 5, 1, 2, 1],
    ] as const) {
      const outputSize = Math.floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
      const side = { size, outputSize, kernel, stride, pad, dilation };
      const { leading, inside } = borderClasses(side);
      const { rows, columns } = classesOfPositions({ topRows: leading, leftColumns: 0 }, [1, inside.length, 1, 1], {
        height: outputSize,
        width: 3,
      });
      expect(Array.from(rows, (row) => inside[row])).toEqual(tapsInside(side));
      expect(columns).toEqual(Uint32Array.of(0, 0, 0));
    }
  });
});
