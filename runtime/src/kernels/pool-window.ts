import type { MapShape, PoolNode } from '@signwave/format';

/** What the records of all pools say of their windows; a mean counts the pixels from `count*` on and up to it. */
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
