import type { Value } from '@signwave/format';
import type { Activation } from './schema.js';
import type { Step } from './step.js';

/** The smallest and largest number that an activation function lets through. */
export const RANGES: Readonly<Record<Activation, readonly [lo: number, hi: number]>> = {
  none: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  relu: [0, Number.POSITIVE_INFINITY],
  'relu-1..1': [-1, 1],
  relu6: [0, 6],
};

/** Applies the activation function that an operator has inside, if it has one. */
export function activated({ g }: Step, x: Value, activation: Activation | undefined): Value {
  return activation === undefined || activation === 'none' ? x : g.clip(x, ...RANGES[activation]);
}
