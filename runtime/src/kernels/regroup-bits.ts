import type { Pads } from '@signwave/format';
import type { BitMap } from '../plan/maps.js';
import type { PlanContext } from '../plan/plan-context.js';
import { pixelFields } from './copy-pixels.js';

/** Plans a step that repacks a map's bits so that each of `groups` groups of channels starts at a whole byte, with pads around the map. */
export function planRegroupBits(context: PlanContext, map: BitMap, groups: number, pads: Pads): BitMap {
  const groupChannels = map.shape.channels / groups;
  const groupBytes = Math.ceil(groupChannels / 8);
  const regrouped = context.bitMapWithPads(map.shape, groups * groupBytes, pads);
  const { fields, share } = pixelFields(map, regrouped, map.shape);
  context.steps.push({
    kernel: 'regroupBits',
    record: { ...fields, groups, groupChannels, groupBytes },
    share,
    nodes: [],
    reason: `groups of ${groupChannels} channels don't start at whole bytes`,
  });
  return regrouped;
}
