import type { PoolNode } from '@signwave/format';

/** Geometry of a pool: all of a {@link PoolNode} but its operand. */
export type PoolGeometry = Pick<PoolNode, 'window' | 'stride' | 'pads' | 'countPads'>;

/** One side of a pool's window: elements `from` to `to` (exclusive) lie inside the map. */
export interface WindowSide {
  readonly from: number;
  readonly to: number;
  /** Positions of the window inside the map and its pads. */
  readonly positions: number;
}

/**
 * Find the rows or columns of the window at one place of the output.
 *
 * @param size elements of the map along this side; `before` and `after` are its pads.
 */
export function windowSide(
  place: number,
  stride: number,
  window: number,
  size: number,
  before: number,
  after: number,
): WindowSide {
  const start = place * stride - before;
  const end = start + window;
  return { from: Math.max(start, 0), to: Math.min(end, size), positions: Math.min(end, size + after) - start };
}
