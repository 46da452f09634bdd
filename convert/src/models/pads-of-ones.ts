import { type GraphBuilder, type MapShape, type Tensor, tensorValues, type Value } from '@signwave/format';
import { withBorderTerm } from './border-term.js';

/** What a convolution's operand is padded with. */
export type PadValue = 0 | 1 | -1;

/**
 * Adds what pads of +1 or -1 contribute to a convolution's sums, which has numeric zeros there: the sum of the weights on pads. All of it is
 * whole, so the result is exact.
 *
 * @param weights bits, (O, kh, kw, I / groups); without data if a network only lists its tensors.
 */
export function withPadsOf(
  g: GraphBuilder,
  sums: Value,
  weights: Tensor,
  window: { readonly stride: number; readonly pad: number; readonly operand: MapShape },
  value: PadValue,
): Value {
  const [filters, kernel, width, inner] = weights.shape;
  const taps = kernel * width;
  const ofTap = new Float32Array(filters * taps);
  if (weights.data.length > 0) {
    tensorValues(weights).forEach((weight, i) => {
      const tap = Math.floor(i / inner);
      ofTap[tap] = ofTap[tap]! + weight;
    });
  }
  return withBorderTerm(g, sums, { ...window, kernel }, (inside) =>
    Float32Array.from({ length: filters }, (_, o) =>
      inside.reduce((sum, isInside, tap) => (isInside ? sum : sum + value * ofTap[o * taps + tap]!), 0),
    ),
  );
}
