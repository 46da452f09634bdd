import type { FusedGroup } from '../plan/fuse.js';
import type { PlanContext } from '../plan/plan-context.js';
import type { MapArgumentsRecord, WASM_KERNELS } from './generated/records.js';
import type { KernelName } from './kernel-records.js';

/** Kernels that go through a map pixel by pixel. Networks spend little time in them, so one thread does the work. */
type MapKernel = {
  [Kernel in KernelName]: (typeof WASM_KERNELS)[Kernel] extends 'MapArguments' ? Kernel : never;
}[KernelName];

/**
 * Plans a step of one of these kernels, from the first operand to the output.
 *
 * @param fields the fields of its record besides these two maps: constants, and the origins of other operands.
 */
export function planMapKernel(
  context: PlanContext,
  fused: FusedGroup,
  kernel: MapKernel,
  fields: Partial<MapArgumentsRecord> = {},
): void {
  const index = fused.head!;
  const operands = context.node(index).inputs.map((it) => context.floatMap(it));
  const input = operands[0]!;
  const output = context.newFloatMap(index);
  const { height, width, channels } = input.shape;
  context.steps.push({
    kernel,
    record: {
      input: input.origin,
      output: output.origin,
      pixelBytes: input.pixelBytes,
      rows: height,
      columns: width,
      channels,
      ...fields,
    },
    nodes: [index],
    reason: 'pixel by pixel',
  });
}
