import { borderPlanes } from './border-bias.js';
import type { PlanContext } from './context.js';
import type { Group } from './fusion.js';
import { affineRows, channelSumThresholds, clipRange, needsOnlySums, signThresholds } from './plan-epilogue.js';
import type { KernelRecord } from './records.js';
import { pointer } from './regions.js';

const I16_MIN = -32_768;

/**
 * What follows the head of a group that works on planes, as the record of plane-epilogue.ts.
 *
 * @param options.maxSum for sums of look-up tables, which are halved: the largest sum there can be.
 * @param options.mayReplace whether what is added may be overwritten by the result, lane by lane: not if the head reads it, too.
 */
export function planPlaneEpilogue(
  context: PlanContext,
  group: Group,
  { maxSum, mayReplace }: { readonly maxSum?: number; readonly mayReplace: boolean },
): KernelRecord<'PlaneEpilogue'> {
  const shape = context.shapes[group.result]!;
  const signs = group.sign === undefined ? {} : signTarget(context, group.sign);
  if (maxSum !== undefined && needsOnlySums(group)) {
    const thresholds = channelSumThresholds(context, group, maxSum);
    return {
      name: 'PlaneEpilogue',
      values: {
        ...signs,
        // sum = 2 * half >= threshold where half >= threshold / 2, rounded up.
        sumThresholds: context.constant(
          Int16Array.from(thresholds, ({ threshold }) => Math.max(I16_MIN, Math.ceil(threshold / 2))),
        ),
        flips: context.constant(Int8Array.from(thresholds, ({ flip }) => (flip ? -1 : 0))),
      },
    };
  }
  const { scale, bias } = affineRows(context, group);
  const { lo, hi } = clipRange(context, group);
  const addend = group.add && context.readFloatPlanes(group.add.operand);
  const output = group.keepsFloats ? context.newFloatPlanes(group.result) : undefined;
  if (addend?.region.kind === 'map' && output && mayReplace) output.region.replaces = addend.region;
  const border = group.border === undefined ? undefined : borderPlanes(context, group.border);
  const half = maxSum === undefined ? 1 : 2;
  return {
    name: 'PlaneEpilogue',
    values: {
      ...signs,
      lo,
      hi,
      scale: context.constant((scale ?? new Float32Array(shape.channels).fill(1)).map((it) => it * half)),
      bias: context.constant(bias ?? new Float32Array(shape.channels).fill(-0)),
      ...(addend && { addend: pointer(addend.region), addendPlaneBytes: addend.planeBytes }),
      ...(border && { addend: border.planes, addendPlaneBytes: border.planeBytes }),
      ...(output && { output: pointer(output.region), outputPlaneBytes: output.planeBytes }),
      ...(group.sign !== undefined && { thresholds: context.constant(signThresholds(context, group.sign, shape)) }),
    },
  };
}

function signTarget(context: PlanContext, sign: number) {
  const planes = context.newSignPlanes(sign);
  return {
    signs: planes.origin,
    signsPlaneBytes: planes.planeBytes,
    mask: context.laneMask(planes.shape, planes.pitch),
  };
}
