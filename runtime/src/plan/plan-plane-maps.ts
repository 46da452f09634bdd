import type { GraphNode, PoolNode } from '@signwave/format';
import type { PlanContext } from './context.js';
import { floatFields } from './conversions.js';
import { isMeanOfMap } from './layouts.js';
import type { FloatPlanes } from './plan.js';
import { poolWindow } from './pool-window.js';
import type { RecordValues } from './records.js';
import { pointer } from './regions.js';

/** Plan an operation on planes that is neither a convolution nor part of an elementwise chain: those that layouts.ts lets pass. */
export function planPlaneOperation(context: PlanContext, index: number, node: GraphNode): void {
  const input = context.readFloatPlanes(node.inputs[0]!);
  switch (node.op) {
    case 'maxPool':
    case 'avgPool':
      if (node.op === 'avgPool' && isMeanOfMap(node, input.shape)) planMeanOfMap(context, index, input);
      else planPlanePool(context, index, node);
      break;
    case 'globalAvgPool':
      planMeanOfMap(context, index, input);
      break;
    case 'padChannels': {
      const output = context.newFloatPlanes(index, true);
      copyFloatRows(
        context,
        {
          input: pointer(input.region),
          inputPlaneBytes: input.planeBytes,
          inputRowBytes: input.pitch * 4,
          columnStep: 1,
          output: pointer(output.region, node.before * output.planeBytes),
          outputPlaneBytes: output.planeBytes,
          outputRowBytes: output.pitch * 4,
          planes: input.shape.channels,
          rows: input.shape.height,
          columns: input.shape.width,
        },
        [index],
        'moves planes',
      );
      break;
    }
    case 'sliceSpatial': {
      const output = context.newFloatPlanes(index);
      const { start, step } = node;
      copyFloatRows(
        context,
        {
          input: pointer(input.region, (start.height * input.pitch + start.width) * 4),
          inputPlaneBytes: input.planeBytes,
          inputRowBytes: step.height * input.pitch * 4,
          columnStep: step.width,
          output: pointer(output.region),
          outputPlaneBytes: output.planeBytes,
          outputRowBytes: output.pitch * 4,
          planes: output.shape.channels,
          rows: output.shape.height,
          columns: output.shape.width,
        },
        [index],
        'moves pixels',
      );
      break;
    }
    default:
      throw new Error(`no kernel on planes is planned for ${node.op}`);
  }
}

function planMeanOfMap(context: PlanContext, index: number, input: FloatPlanes): void {
  context.steps.push({
    kernel: 'globalAvgPlanes',
    record: { name: 'Relayout', values: floatFields(input, context.newFloatMap(index)) },
    nodes: [index],
    reason: 'planes to one pixel',
  });
}

export function copyFloatRows(
  context: PlanContext,
  values: RecordValues<'CopyPlanes'>,
  nodes: readonly number[],
  reason: string,
): void {
  context.steps.push({ kernel: 'copyFloatPlanes', record: { name: 'CopyPlanes', values }, nodes, reason });
}

function planPlanePool(context: PlanContext, index: number, node: PoolNode): void {
  const input = context.readFloatPlanes(node.inputs[0]!);
  const output = context.newFloatPlanes(index);
  const { height, width, channels } = input.shape;
  context.steps.push({
    kernel: node.op === 'maxPool' ? 'maxPoolPlanes' : 'avgPoolPlanes',
    record: {
      name: 'PlanePool',
      values: {
        input: pointer(input.region),
        inputPlaneBytes: input.planeBytes,
        inputRowBytes: input.pitch * 4,
        height,
        width,
        output: pointer(output.region),
        outputPlaneBytes: output.planeBytes,
        outputRowBytes: output.pitch * 4,
        channels,
        rows: output.shape.height,
        columns: output.shape.width,
        ...poolWindow(node, input.shape),
      },
    },
    nodes: [index],
    reason: 'lanes are output columns',
  });
}
