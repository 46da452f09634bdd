import type { Builder, Offset } from 'flatbuffers';
import { SignwaveError } from './errors.js';
import * as file from './generated/signwave.js';
import type { GraphNode, InputRecipe, Operation, Pads, Size2 } from './graph.js';
import { nodeLabel } from './shape.js';
import type { Sharing } from './sharing.js';

const OPERATIONS: Readonly<Record<Operation, file.Operation>> = {
  input: file.Operation.Input,
  sign: file.Operation.Sign,
  conv: file.Operation.Conv,
  linear: file.Operation.Linear,
  affine: file.Operation.Affine,
  borderBias: file.Operation.BorderBias,
  add: file.Operation.Add,
  clip: file.Operation.Clip,
  prelu: file.Operation.Prelu,
  maxPool: file.Operation.MaxPool,
  avgPool: file.Operation.AvgPool,
  globalAvgPool: file.Operation.GlobalAvgPool,
  padChannels: file.Operation.PadChannels,
  sliceSpatial: file.Operation.SliceSpatial,
  concat: file.Operation.Concat,
  flatten: file.Operation.Flatten,
  softmax: file.Operation.Softmax,
  sampleMean: file.Operation.SampleMean,
};

const ZERO_RULES = { plus: file.ZeroRule.Plus, minus: file.ZeroRule.Minus, zero: file.ZeroRule.Zero };
const RESIZE_MODES = { shorterSide: file.ResizeMode.ShorterSide, stretch: file.ResizeMode.Stretch };
const INTERPOLATIONS = { bilinear: file.Interpolation.Bilinear, bicubic: file.Interpolation.Bicubic };
const CHANNEL_ORDERS = { rgb: file.ChannelOrder.Rgb, bgr: file.ChannelOrder.Bgr, gray: file.ChannelOrder.Gray };

/** Write the nodes of a graph that has a meaning. @returns the vector of nodes. */
export function writeNodes(sharing: Sharing, nodes: readonly GraphNode[]): Offset {
  const { builder } = sharing;
  const offsets = nodes.map((original, index) => {
    const node = storable(original, nodeLabel(nodes, index));
    const { name, inputs, ...operation } = node;
    const operationAt = sharing.once('Operation', operation, () => writeOperation(sharing, node));
    const back = inputs.map((input) => index - input);
    const backAt =
      inputs.length === 0 || (inputs.length === 1 && back[0] === 1)
        ? 0
        : sharing.once('[uint16]', back, () => file.Node.createBackVector(builder, back));
    const nameAt = name === undefined ? 0 : sharing.text(name);
    return sharing.once('Node', [operationAt, backAt, nameAt], () =>
      file.Node.createNode(builder, OPERATIONS[node.op], operationAt, backAt, nameAt),
    );
  });
  return file.Model.createNodesVector(builder, offsets);
}

function writeOperation(sharing: Sharing, node: GraphNode): Offset {
  const { builder } = sharing;
  switch (node.op) {
    case 'input': {
      const recipe = node.recipe && writeRecipe(sharing, node.recipe);
      file.Input.startInput(builder);
      if (recipe) file.Input.addRecipe(builder, recipe);
      file.Input.addChannels(builder, node.channels);
      file.Input.addWidth(builder, node.width);
      file.Input.addHeight(builder, node.height);
      return file.Input.endInput(builder);
    }
    case 'sign':
      return file.Sign.createSign(
        builder,
        node.threshold ?? -1,
        ZERO_RULES[node.zeroRule],
        ZERO_RULES[node.sourceZeroRule],
      );
    case 'conv':
      file.Conv.startConv(builder);
      file.Conv.addWeightsTensor(builder, node.weights);
      file.Conv.addGroups(builder, node.groups);
      if (!isSize(node.stride, 1)) file.Conv.addStride(builder, writeSize(builder, node.stride));
      if (!isSize(node.dilation, 1)) file.Conv.addDilation(builder, writeSize(builder, node.dilation));
      if (hasPads(node.pads)) file.Conv.addPads(builder, writePads(builder, node.pads));
      return file.Conv.endConv(builder);
    case 'linear':
      return file.Linear.createLinear(builder, node.weights);
    case 'affine':
      return file.Affine.createAffine(builder, node.coefficients);
    case 'borderBias':
      return file.BorderBias.createBorderBias(builder, node.bias, node.topRows, node.leftColumns);
    case 'add':
      return file.Add.createAdd(builder);
    case 'clip':
      return file.Clip.createClip(builder, node.lo, node.hi);
    case 'prelu':
      return file.Prelu.createPrelu(builder, node.slopes);
    case 'maxPool':
      file.MaxPool.startMaxPool(builder);
      file.MaxPool.addWindow(builder, writeSize(builder, node.window));
      file.MaxPool.addStride(builder, writeSize(builder, node.stride));
      if (hasPads(node.pads)) file.MaxPool.addPads(builder, writePads(builder, node.pads));
      file.MaxPool.addCeilMode(builder, node.ceilMode);
      return file.MaxPool.endMaxPool(builder);
    case 'avgPool':
      file.AvgPool.startAvgPool(builder);
      file.AvgPool.addWindow(builder, writeSize(builder, node.window));
      file.AvgPool.addStride(builder, writeSize(builder, node.stride));
      if (hasPads(node.pads)) file.AvgPool.addPads(builder, writePads(builder, node.pads));
      file.AvgPool.addCeilMode(builder, node.ceilMode);
      file.AvgPool.addCountPads(builder, node.countPads);
      return file.AvgPool.endAvgPool(builder);
    case 'globalAvgPool':
      return file.GlobalAvgPool.createGlobalAvgPool(builder);
    case 'padChannels':
      return file.PadChannels.createPadChannels(builder, node.before, node.after);
    case 'sliceSpatial':
      file.SliceSpatial.startSliceSpatial(builder);
      if (!isSize(node.start, 0)) file.SliceSpatial.addStart(builder, writeSize(builder, node.start));
      file.SliceSpatial.addStep(builder, writeSize(builder, node.step));
      return file.SliceSpatial.endSliceSpatial(builder);
    case 'concat':
      return file.Concat.createConcat(builder);
    case 'flatten':
      return file.Flatten.createFlatten(builder);
    case 'softmax':
      return file.Softmax.createSoftmax(builder, node.log);
    case 'sampleMean':
      return file.SampleMean.createSampleMean(builder);
  }
}

function writeRecipe(sharing: Sharing, { resize, channelOrder, divisor, mean, std }: InputRecipe): Offset {
  const { builder } = sharing;
  // Recipe.mean and Recipe.std have one type, so equal ones can be shared.
  const [meanAt, stdAt] = [mean, std].map((values) =>
    sharing.once('[float]', values, () => file.Recipe.createMeanVector(builder, [...values])),
  ) as [Offset, Offset];
  return file.Recipe.createRecipe(
    builder,
    resize ? RESIZE_MODES[resize.mode] : file.ResizeMode.None,
    resize?.sizePixels ?? 0,
    INTERPOLATIONS[resize?.interpolation ?? 'bilinear'],
    CHANNEL_ORDERS[channelOrder],
    divisor,
    meanAt,
    stdAt,
  );
}

function writeSize(builder: Builder, { height, width }: Size2): Offset {
  return file.Size2.createSize2(builder, height, width);
}

function writePads(builder: Builder, { top, left, bottom, right }: Pads): Offset {
  return file.Pads.createPads(builder, top, left, bottom, right);
}

function isSize({ height, width }: Size2, side: number): boolean {
  return height === side && width === side;
}

function hasPads({ top, left, bottom, right }: Pads): boolean {
  return top + left + bottom + right > 0;
}

/** The node with its attributes as the file's types hold them: floats rounded to float32, whole numbers in range. */
function storable(node: GraphNode, label: string): GraphNode {
  const float32 = (value: number): number => {
    const rounded = Math.fround(value);
    if (Number.isFinite(value) && (!Number.isFinite(rounded) || (rounded === 0 && value !== 0))) {
      throw new SignwaveError('E_GRAPH', `${label}: ${value} is beyond what a float32 can hold`);
    }
    return rounded;
  };
  const uint16 = (...values: readonly number[]): void => {
    const odd = values.find((value) => !(Number.isInteger(value) && value >= 0 && value < 2 ** 16));
    if (odd !== undefined) {
      throw new SignwaveError(
        'E_FORMAT_LIMIT',
        `${label}: ${odd} is no whole number from 0 to 65535, as the file holds`,
      );
    }
  };
  const sides = (...sizes: readonly (Size2 | Pads)[]): void => {
    for (const size of sizes) uint16(...Object.values(size));
  };
  switch (node.op) {
    case 'input': {
      const { recipe } = node;
      uint16(node.height, node.width, node.channels, recipe?.resize?.sizePixels ?? 0);
      if (!recipe) return node;
      const { divisor, mean, std } = recipe;
      const rounded = { divisor: float32(divisor), mean: mean.map(float32), std: std.map(float32) };
      return { ...node, recipe: { ...recipe, ...rounded } };
    }
    case 'conv':
      sides(node.stride, node.dilation, node.pads);
      return node;
    case 'maxPool':
    case 'avgPool':
      sides(node.window, node.stride, node.pads);
      return node;
    case 'sliceSpatial':
      sides(node.start, node.step);
      return node;
    case 'borderBias':
      uint16(node.topRows, node.leftColumns);
      return node;
    case 'clip':
      return { ...node, lo: float32(node.lo), hi: float32(node.hi) };
    default:
      return node;
  }
}
