import type { Pads, Size2 } from '@signwave/format';
import type { Padding } from './schema.js';

const NO_PADS: Pads = { top: 0, left: 0, bottom: 0, right: 0 };

/** The pads of a window that moves over a map. TensorFlow's SAME puts the odd pad behind the map, where PyTorch has pads on both sides. */
export function padsOf(
  padding: Padding,
  size: Size2,
  { window, stride, dilation }: { readonly window: Size2; readonly stride: Size2; readonly dilation: Size2 },
): Pads {
  if (padding === 'valid') return NO_PADS;
  const [top, bottom] = along(size.height, window.height, stride.height, dilation.height);
  const [left, right] = along(size.width, window.width, stride.width, dilation.width);
  return { top, left, bottom, right };
}

function along(size: number, window: number, stride: number, dilation: number): [before: number, after: number] {
  const outputs = Math.ceil(size / stride);
  const total = Math.max((outputs - 1) * stride + (window - 1) * dilation + 1 - size, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}
