import { isIntegerConv, sumsSigns, type WindowNode } from '@signwave/format';
import { avgPool, globalAvgPool } from '../ops/avg-pool.js';
import { conv, packFilters, wholeNumbers } from '../ops/conv.js';
import { linear } from '../ops/linear.js';
import { maxPool } from '../ops/max-pool.js';
import { type StepMakers, tensorOf } from './step.js';

/** Operations that sum, or take the largest, over windows of a map. */
export const WINDOWS: StepMakers<WindowNode> = {
  conv: (node, around) => {
    const { graph, output } = around;
    const filters = packFilters(tensorOf(around, node.weights), node.groups);
    if (isIntegerConv(graph, node)) return (x) => conv(wholeNumbers(x), filters, node, 'integer', output);
    const kind = sumsSigns(graph, node) ? 'binary' : 'float';
    return (x) => conv(x, filters, node, kind, output);
  },
  linear: (node, around) => {
    const filters = packFilters(tensorOf(around, node.weights), 1);
    const exact = sumsSigns(around.graph, node);
    return (x) => linear(x, filters, exact, around.output);
  },
  maxPool:
    (node, { output }) =>
    (x) =>
      maxPool(x, node, output),
  avgPool:
    (node, { output }) =>
    (x) =>
      avgPool(x, node, output),
  globalAvgPool: () => globalAvgPool,
};
