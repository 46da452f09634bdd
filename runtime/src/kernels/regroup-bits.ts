import type { Pads } from '@signwave/format';
import type { BitMap } from '../plan/maps.js';
import type { PlanContext } from '../plan/plan-context.js';

/** Plans a step that repacks a map's bits so that each of `groups` groups of channels starts at a whole byte, with pads around the map. */
export function planRegroupBits(context: PlanContext, map: BitMap, groups: number, pads: Pads): BitMap {
  const { height, width, channels } = map.shape;
  const groupChannels = channels / groups;
  const groupBytes = Math.ceil(groupChannels / 8);
  const regrouped = context.bitMapWithPads(map.shape, groups * groupBytes, pads);
  const record = {
    input: map.origin,
    inputRowBytes: map.rowBytes,
    inputPixelBytes: map.pixelBytes,
    output: regrouped.origin,
    outputRowBytes: regrouped.rowBytes,
    outputPixelBytes: regrouped.pixelBytes,
    rows: height,
    columns: width,
    groups,
    groupChannels,
    groupBytes,
  };
  context.steps.push({
    kernel: 'regroupBits',
    record,
    share: {
      by: 'rows',
      units: height,
      unitBytes: { input: map.rowBytes, output: regrouped.rowBytes },
      elements: height * width * channels,
    },
    nodes: [],
    reason: `groups of ${groupChannels} channels don't start at whole bytes`,
  });
  return regrouped;
}
