import { batchNorm } from '../layers/batch-norm.js';
import { type ConvolutionShape, convolution, type Layer } from '../layers/convolution.js';
import type { Initialiser } from '../layers/initialisers.js';
import { nonlinearity, type UnitContext, type UnitNames } from './unit.js';

/**
 * Declares the float convolution that a network begins with, and what its style has behind it.
 *
 * @param options.initialise initial filters. @param options.scale initial scale of the batch norm.
 */
export function stem(
  context: UnitContext,
  names: UnitNames,
  shape: ConvolutionShape,
  options: { readonly initialise?: Initialiser; readonly scale?: Initialiser },
): Layer {
  const { store, style } = context;
  const { initialise, scale } = options;
  const conv = convolution(store, names.conv, shape, {
    ...(initialise && { initialise }),
    hasBias: style.stem === 'bias',
  });
  const hasNorm = style.stem.startsWith('norm');
  const norm = hasNorm ? batchNorm(store, names.norm, shape.outChannels, scale && { scale }) : undefined;
  const act = style.stem === 'norm-act' ? nonlinearity(context, names.act, shape.outChannels) : undefined;
  const isActFirst = style.order === 'conv-act-norm';
  return (images, training) => {
    const sums = conv(images, training);
    const active = act && isActFirst ? act(sums) : sums;
    const normalised = norm ? norm(active, training) : active;
    return act && !isActFirst ? act(normalised) : normalised;
  };
}
