import type { MapShape, PoolNode } from '@signwave/format';

/** Computes the fields about windows that the records of all pools share. The fields `count*` bound the positions that a mean counts. */
export function poolWindow({ window, stride, pads, countPads }: PoolNode, { height, width }: MapShape) {
  return {
    windowHeight: window.height,
    windowWidth: window.width,
    strideHeight: stride.height,
    strideWidth: stride.width,
    padTop: pads.top,
    padLeft: pads.left,
    countTop: countPads ? -pads.top : 0,
    countLeft: countPads ? -pads.left : 0,
    countBottom: height + (countPads ? pads.bottom : 0),
    countRight: width + (countPads ? pads.right : 0),
  };
}
