import type { InputNode, MapNode } from '@signwave/format';
import { concat, padChannels } from '../ops/channels.js';
import { flatten, sliceSpatial } from '../ops/spatial.js';
import type { StepMakers } from './step.js';

/** Operations that move elements without computing with them. */
export const MAPS: StepMakers<Exclude<MapNode, InputNode>> = {
  padChannels:
    ({ before, after }) =>
    (x) =>
      padChannels(x, before, after),
  sliceSpatial:
    ({ start, step }, { output }) =>
    (x) =>
      sliceSpatial(x, start, step, output),
  concat:
    () =>
    (...maps) =>
      concat(maps),
  flatten: () => flatten,
};
