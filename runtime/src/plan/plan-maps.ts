import { classesOfPositions, type GraphNode, type PoolNode, tensorValues } from '@signwave/format';
import type { PlanContext } from './context.js';
import { BLOCK, padChannelValues, roundUp } from './filters.js';
import type { FloatMap, Step } from './plan.js';
import { thresholdsOf } from './plan-epilogue.js';
import { poolWindow } from './pool-window.js';
import type { RecordValues } from './records.js';
import { pointer } from './regions.js';

/** Plan an operation that is neither a convolution nor part of an elementwise chain. */
export function planMapOperation(context: PlanContext, index: number, node: GraphNode): void {
  switch (node.op) {
    case 'maxPool':
    case 'avgPool':
      planPool(context, index, node);
      break;
    case 'globalAvgPool': {
      const { height, width } = context.shapes[node.inputs[0]!]!;
      const window = { height, width };
      const pads = { top: 0, left: 0, bottom: 0, right: 0 };
      planPool(context, index, {
        ...node,
        op: 'avgPool',
        window,
        stride: window,
        pads,
        ceilMode: false,
        countPads: false,
      });
      break;
    }
    case 'padChannels':
      planCopy(context, index, context.readFloatMap(node.inputs[0]!), context.newFloatMap(index, true), {
        channelOffset: node.before,
      });
      break;
    case 'concat': {
      const output = context.newFloatMap(index);
      let channelOffset = 0;
      for (const operand of node.inputs) {
        const input = context.readFloatMap(operand);
        planCopy(context, index, input, output, { channelOffset });
        channelOffset += input.shape.channels;
      }
      // Written by several steps: alive until the last of them has run.
      output.region.lastStep = context.steps.length;
      break;
    }
    case 'sliceSpatial':
      planCopy(context, index, context.readFloatMap(node.inputs[0]!), context.newFloatMap(index), node);
      break;
    case 'flatten':
      planFlatten(context, index, context.readFloatMap(node.inputs[0]!));
      break;
    case 'prelu': {
      const slopes = tensorValues(context.graph.tensors[node.slopes]!);
      const channels = slopes.length / 2;
      planMap(context, index, 'prelu', {
        first: context.constant(padChannelValues(slopes.subarray(0, channels), 0)),
        second: context.constant(padChannelValues(slopes.subarray(channels), 0)),
      });
      break;
    }
    case 'borderBias':
      planBorderBias(context, index, node);
      break;
    case 'sign': {
      const thresholds = thresholdsOf(context, node, context.shapes[index]!);
      planMap(context, index, 'signMap', {
        first: context.constant(padChannelValues(thresholds, 0)),
        option: { plus: 1, minus: -1, zero: 0 }[node.zeroRule],
      });
      break;
    }
    case 'sampleMean':
      planMap(context, index, 'sampleMean', {});
      break;
    case 'softmax':
      planMap(context, index, 'softmax', { option: Number(node.log) });
      break;
    default:
      throw new Error(`no kernel is planned for ${node.op}`);
  }
}

function planPool(context: PlanContext, index: number, node: PoolNode): void {
  const input = context.readFloatMap(node.inputs[0]!);
  const output = context.newFloatMap(index);
  const { height, width } = input.shape;
  context.steps.push({
    kernel: node.op,
    record: {
      name: 'Pool',
      values: {
        input: pointer(input.region),
        height,
        width,
        pixelBytes: input.pixelBytes,
        output: pointer(output.region),
        rows: output.shape.height,
        columns: output.shape.width,
        ...poolWindow(node, input.shape),
      },
    },
    nodes: [index],
    reason: 'lanes are channels',
  });
}

interface CopyGeometry {
  readonly channelOffset?: number;
  readonly start?: { readonly height: number; readonly width: number };
  readonly step?: { readonly height: number; readonly width: number };
}

const ORIGIN = { height: 0, width: 0 };
const EACH = { height: 1, width: 1 };

function copyStep(index: number, input: FloatMap, output: FloatMap, geometry: CopyGeometry): Step {
  const { channelOffset = 0, start = ORIGIN, step = EACH } = geometry;
  const inputRowBytes = input.shape.width * input.pixelBytes;
  return {
    kernel: 'copyPixels',
    record: {
      name: 'Copy',
      values: {
        input: pointer(input.region, start.height * inputRowBytes + start.width * input.pixelBytes),
        inputRowBytes: step.height * inputRowBytes,
        inputPixelBytes: step.width * input.pixelBytes,
        output: pointer(output.region, channelOffset * 4),
        outputRowBytes: output.shape.width * output.pixelBytes,
        outputPixelBytes: output.pixelBytes,
        rows: output.shape.height,
        columns: output.shape.width,
        channels: input.shape.channels,
      },
    },
    nodes: [index],
    reason: 'moves pixels',
  };
}

function planCopy(
  context: PlanContext,
  index: number,
  input: FloatMap,
  output: FloatMap,
  geometry: CopyGeometry,
): void {
  context.steps.push(copyStep(index, input, output, geometry));
}

/** (H, W, C) to (1, 1, H * W * C): nothing to do where pixels have no padding channels. */
function planFlatten(context: PlanContext, index: number, input: FloatMap): void {
  const { height, width, channels } = input.shape;
  if (channels % BLOCK === 0) {
    context.shareFloatMap(index, { ...input, pixelBytes: height * width * input.pixelBytes });
    return;
  }
  const output = context.newFloatMap(index);
  planCopy(context, index, input, { ...output, shape: input.shape, pixelBytes: channels * 4 }, {});
}

type MapKernel = 'prelu' | 'borderBias' | 'signMap' | 'sampleMean' | 'softmax';

function planMap(context: PlanContext, index: number, kernel: MapKernel, fields: RecordValues<'MapArguments'>): void {
  const input = context.readFloatMap(context.node(index).inputs[0]!);
  const output = context.newFloatMap(index);
  const { height, width, channels } = input.shape;
  context.steps.push({
    kernel,
    record: {
      name: 'MapArguments',
      values: {
        input: pointer(input.region),
        output: pointer(output.region),
        pixelBytes: input.pixelBytes,
        rows: height,
        columns: width,
        channels,
        ...fields,
      },
    },
    nodes: [index],
    reason: 'pixel by pixel',
  });
}

function planBorderBias(context: PlanContext, index: number, node: Extract<GraphNode, { op: 'borderBias' }>): void {
  const shape = context.shapes[index]!;
  const { channels } = shape;
  const tensor = context.graph.tensors[node.bias]!;
  const [, rowClasses, columnClasses] = tensor.shape;
  const values = tensorValues(tensor);
  const padded = new Float32Array(rowClasses * columnClasses * roundUp(channels, BLOCK));
  for (let i = 0; i < rowClasses * columnClasses; i++) {
    padded.set(values.subarray(i * channels, (i + 1) * channels), i * roundUp(channels, BLOCK));
  }
  const classBytes = roundUp(channels, BLOCK) * 4;
  const { rows, columns } = classesOfPositions(node, tensor.shape, shape);
  planMap(context, index, 'borderBias', {
    first: context.constant(padded),
    rowOffsets: context.constant(rows.map((row) => row * columnClasses * classBytes)),
    columnOffsets: context.constant(columns.map((column) => column * classBytes)),
  });
}
