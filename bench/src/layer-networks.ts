import {
  type Graph,
  GraphBuilder,
  type MapShape,
  type Model,
  macs,
  packBits,
  type Value,
  writeModel,
} from '@signwave/format';
import { Reference } from '@signwave/reference';
import { seededRandom } from '@signwave/trainer/internals';
import { type LayerShape, outputSides } from './shapes.js';

/** How many more layers the longer network has than the shorter one; the difference of their times is divided by it. */
export const MORE_LAYERS = 8;

/**
 * A convolution with one-bit weights, followed by what turns its result into the next operand: `act(scale * conv(x) + bias)`. If
 * activations are bits, `act` is the sign, the scale is 2 and every bias is odd: then no sum of +1 and -1 lies at its threshold, whatever
 * arithmetic is used, and a clip to -1 and +1 equals the sign. If activations are floats, `act` is that clip.
 */
export interface Unit {
  /** Index of the unit whose result it reads; -1 is the network's input. */
  readonly from: number;
  readonly shape: LayerShape;
  /** (O, kh, kw, C / groups), +1 and -1; at each kernel position, a filter has equally many of both. */
  readonly weights: Float32Array;
  readonly scale: number;
  /** (O). */
  readonly bias: Float32Array;
}

/** Units in an order in which they can be computed, an input, and the output expected for it. */
export interface UnitNetwork {
  readonly units: readonly Unit[];
  /** Indices of the units whose results form the output, side by side in the channels. */
  readonly outputs: readonly number[];
  readonly model: Model;
  /** The model as a `.sgnw` file. */
  readonly bytes: Uint8Array;
  /** Index among the units of one layer to be measured. */
  readonly layerUnit: number;
  /** Index of that layer's convolution among the model's nodes. */
  readonly convNode: number;
  /** (H, W, C): +1 and -1 if units read bits, else values from -1 to 1. */
  readonly input: Float32Array;
  /** The reference's output for `input`, (H, W, O). */
  readonly expected: Float32Array;
}

/**
 * A layer to be timed. `longer` and `shorter` share everything else: an engine's call, copying and converting what goes in and out, and the
 * units around the layers. So the difference of their times is the time of {@link MORE_LAYERS} layers.
 */
export interface TimedLayer {
  readonly shape: LayerShape;
  /** Multiply-accumulates of one layer. */
  readonly macs: number;
  /** The layer alone. */
  readonly single: UnitNetwork;
  readonly longer: UnitNetwork;
  readonly shorter: UnitNetwork;
}

const INFO = { name: 'layer', architecture: 'layer', method: 'none', writer: 'signwave-bench', accuracy: [] };
/** Output channels of the one-pixel convolutions that end the branches. */
const TAIL_CHANNELS = 16;

/**
 * Layers whose result has the shape of their operand form a chain. Other layers stand side by side behind a 1 x 1 convolution, each
 * followed by a 1 x 1 convolution that gives one pixel. The shorter network has one such layer, read by as many of these as the longer one
 * has.
 *
 * @param seed of weights and input.
 */
export function timedLayer(shape: LayerShape, seed: number): TimedLayer {
  const more = MORE_LAYERS + 1;
  const single = chain(shape, 1, seed);
  const output = outputSides(shape);
  const isSame =
    output.height === shape.height && output.width === shape.width && shape.inChannels === shape.outChannels;
  const { graph } = single.model;
  return {
    shape,
    macs: macs(graph, graph.nodes[single.convNode]!, { ...output, channels: shape.outChannels }),
    single,
    longer: isSame ? chain(shape, more, seed) : branches(shape, more, more, seed),
    shorter: isSame ? single : branches(shape, 1, more, seed),
  };
}

function chain(shape: LayerShape, layers: number, seed: number): UnitNetwork {
  const random = seededRandom(seed);
  const units = Array.from({ length: layers }, (_, i) => makeUnit(i - 1, shape, random));
  return unitNetwork(units, [layers - 1], 0, seed);
}

/** @param tails number of one-pixel convolutions, at least `layers`. */
function branches(shape: LayerShape, layers: number, tails: number, seed: number): UnitNetwork {
  const random = seededRandom(seed);
  const { activations, inChannels, outChannels } = shape;
  const point = { kernel: 1, pad: 0, groups: 1, activations };
  const before: LayerShape = { ...shape, ...point, outChannels: inChannels, stride: 1 };
  const { height, width } = outputSides(shape);
  const after: LayerShape = {
    ...point,
    height,
    width,
    inChannels: outChannels,
    outChannels: TAIL_CHANNELS,
    stride: Math.max(height, width),
  };
  const units = [
    makeUnit(-1, before, random),
    ...Array.from({ length: layers }, () => makeUnit(0, shape, random)),
    ...Array.from({ length: tails }, (_, i) => makeUnit(1 + Math.min(i, layers - 1), after, random)),
  ];
  return unitNetwork(
    units,
    Array.from({ length: tails }, (_, i) => 1 + layers + i),
    1,
    seed,
  );
}

/** Shape of the output of `network`; all results in it have the same height and width. */
export function outputShape({ units, outputs }: UnitNetwork): MapShape {
  const shapes = outputs.map((unit) => units[unit]!.shape);
  return { ...outputSides(shapes[0]!), channels: shapes.reduce((sum, { outChannels }) => sum + outChannels, 0) };
}

type Random = ReturnType<typeof seededRandom>;

function makeUnit(from: number, shape: LayerShape, random: Random): Unit {
  const { inChannels, outChannels, kernel, groups, activations } = shape;
  const channels = inChannels / groups;
  const taps = kernel * kernel * channels;
  const weights = new Float32Array(outChannels * taps);
  for (let at = 0; at < weights.length; at += channels) shuffledSigns(weights.subarray(at, at + channels), random);
  const spread = Math.sqrt(taps);
  return activations === 'bits'
    ? {
        from,
        shape,
        weights,
        scale: 2,
        bias: Float32Array.from({ length: outChannels }, () => 2 * Math.round((random.next() - 0.5) * spread) + 1),
      }
    : {
        from,
        shape,
        weights,
        scale: Math.fround(1 / spread),
        bias: Float32Array.from({ length: outChannels }, () => random.next() - 0.5),
      };
}

/** Fills `values` with equally many +1 and -1; an odd length has one more of either. */
function shuffledSigns(values: Float32Array, random: Random): void {
  const first = random.next() < 0.5 ? 1 : -1;
  for (let i = 0; i < values.length; i++) values[i] = i % 2 === 0 ? first : -first;
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
}

function unitNetwork(units: readonly Unit[], outputs: readonly number[], layerUnit: number, seed: number): UnitNetwork {
  const { height, width, inChannels, activations } = units[0]!.shape;
  const random = seededRandom(seed);
  const input = Float32Array.from({ length: height * width * inChannels }, () =>
    activations === 'bits' ? Math.sign(random.next() - 0.5) || 1 : random.next() * 2 - 1,
  );
  const graph = graphOf(units, outputs);
  return {
    units,
    outputs,
    model: { graph, info: INFO },
    bytes: writeModel({ graph, info: INFO }),
    layerUnit,
    convNode: graph.nodes.findIndex(({ name }) => name === convName(layerUnit)),
    input,
    expected: new Reference(graph).run(input),
  };
}

function graphOf(units: readonly Unit[], outputs: readonly number[]): Graph {
  const { height, width, inChannels, activations } = units[0]!.shape;
  const isBits = activations === 'bits';
  const g = new GraphBuilder();
  const x = g.input({ height, width, channels: inChannels });
  const input = isBits ? g.sign(x) : x;
  const values: Value[] = [];
  for (const [i, { from, shape, weights, scale, bias }] of units.entries()) {
    const { kernel, outChannels, groups, stride, pad } = shape;
    const tensor = {
      dtype: 'bits',
      shape: [outChannels, kernel, kernel, shape.inChannels / groups],
      data: packBits(weights.length, (at) => weights[at]! > 0),
    } as const;
    const sums = g.conv(from < 0 ? input : values[from]!, tensor, { stride, pad, groups, name: convName(i) });
    const scaled = g.affine(sums, new Float32Array(outChannels).fill(scale), bias);
    values.push(isBits ? g.sign(scaled) : g.hardtanh(scaled));
  }
  const results = outputs.map((unit) => values[unit]!);
  if (results.length > 1) g.concat(...results);
  return g.build();
}

function convName(unit: number): string {
  return `conv${unit}`;
}
