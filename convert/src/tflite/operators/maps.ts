import { activated } from '../activation.js';
import { padsOf } from '../same-pads.js';
import type { Step } from '../step.js';

const ONE = { height: 1, width: 1 };
const LAST_AXES = [-1, 3];

export function pool(kind: 'maxPool' | 'avgPool'): (step: Step) => void {
  return (step) => {
    const { g } = step;
    const x = step.map(0);
    const { window, stride, padding, activation } = step.operator.options;
    const size = g.shapeOf(x);
    const pad = padsOf(padding!, size, { window: window!, stride: stride!, dilation: ONE });
    const isWhole = window!.height === size.height && window!.width === size.width && padding === 'valid';
    const options = { stride: stride!, pad };
    let y = kind === 'avgPool' && isWhole ? g.globalAvgPool(x) : undefined;
    y ??= kind === 'avgPool' ? g.avgPool(x, window!, { ...options, countPads: false }) : g.maxPool(x, window!, options);
    step.resultMap(activated(step, y, activation));
  };
}

export function mean(step: Step): void {
  const x = step.map(0);
  const axes = step.wholeNumbers(1).map((axis) => (axis < 0 ? axis + 4 : axis));
  if (step.tensor(0)!.shape.length !== 4 || axes.sort().join() !== '1,2') {
    step.refuse(
      `takes the mean over the axes ${axes.join(', ')}`,
      'Take it over height and width (GlobalAveragePooling2D)',
    );
  }
  step.resultMap(step.g.globalAvgPool(x));
}

export function concatenation(step: Step): void {
  const { inputs, options } = step.operator;
  const axis = options.axis ?? 0;
  const axes = step.tensor(0)?.shape.length ?? 0;
  if (!LAST_AXES.includes(axis) && axis !== axes - 1) step.refuse(`joins along axis ${axis}`, 'Join channels: axis -1');
  const parts = inputs.map((_, i) => step.lowered(i));
  const [first] = parts;
  if (first?.kind === 'part of a convolution') {
    const areAll =
      parts.length === first.part.count &&
      parts.every(
        (each, i) =>
          each.kind === 'part of a convolution' &&
          each.part.source === first.part.source &&
          each.part.index === i &&
          each.like === first.like,
      );
    if (!areAll) step.refuse('joins some of several convolutions', 'Use one convolution with groups');
    const makers = inputs.map((tensor) => makerOf(step, tensor));
    step.resultMap(activated(step, first.join(makers), options.activation));
    return;
  }
  const maps = inputs.map((_, i) => step.map(i));
  step.resultMap(activated(step, maps.length === 1 ? maps[0]! : step.g.concat(...maps), options.activation));
}

/** The operator that makes a tensor; there is one, since the tensor was looked up before. */
function makerOf(step: Step, tensor: number): number {
  return step.model.operators.findIndex(({ outputs }) => outputs.includes(tensor));
}

export function split(step: Step): void {
  const { outputs } = step.operator;
  const [axis] = step.wholeNumbers(0);
  const source = step.map(1);
  const { channels } = step.g.shapeOf(source);
  const axes = step.tensor(1)!.shape.length;
  if (axis !== axes - 1 && axis !== -1) step.refuse(`splits along axis ${axis}`, 'Split channels: axis -1');
  if (outputs.length === 0 || channels % outputs.length !== 0) {
    step.damaged(`splits ${channels} channels into ${outputs.length}`);
  }
  outputs.forEach((output, index) => {
    step.lowering.define(output, { kind: 'part', part: { source, index, count: outputs.length } });
  });
}

/** Zeros before and after channels, or around a map in front of a convolution. */
export function pad(step: Step): void {
  const source = step.map(0);
  const widths = step.wholeNumbers(1);
  if (widths.length !== 8 || widths.some((width) => width < 0 || width >= 2 ** 16)) {
    step.refuse(`pads by (${widths.join(', ')})`, 'Pad the height and width of a map, or its channels');
  }
  const [batchBefore, batchAfter, top, bottom, left, right, before, after] = widths as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (batchBefore + batchAfter > 0) step.refuse('pads the batch', 'Pad the height and width of a map, or its channels');
  if (before + after === 0) {
    step.result({ kind: 'padded', source, pads: { top, left, bottom, right } });
    return;
  }
  if (top + bottom + left + right > 0) step.refuse('pads channels and positions at once', 'Pad one after the other');
  step.resultMap(step.g.padChannels(source, before, after));
}

/** Only to a vector: its order is that of `flatten`, channels fastest. */
export function reshape(step: Step): void {
  const x = step.map(0);
  const { height, width, channels } = step.g.shapeOf(x);
  const shape = step.model.tensors[step.operator.outputs[0] ?? -1]?.shape ?? [];
  if (shape.at(-1) === height * width * channels) step.resultMap(height * width === 1 ? x : step.g.flatten(x));
  else if (shape.slice(1).join() === [height, width, channels].join()) step.resultMap(x);
  else
    step.refuse(`makes the shape (${shape.join(', ')}) of (${height}, ${width}, ${channels})`, 'Only Flatten is read');
}
