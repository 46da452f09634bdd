import { planeEpilogue } from './plane-epilogue';
import { PlaneConv, PlaneElementwise, PlaneEpilogue } from './records';

// plane-conv.ts — convolution of float planes (the stem, downsamples).
//
//   sum[o] = sum over (ky, kx, i) of x[...] * w[o, ky, kx, i], product and sum rounded, in this order (SPEC 4.3)
//
// Lanes hold different pixels, so the order inside a sum is that of `taps`, the reference's. Pads lie in the planes as zeros: a
// product +-0 added to a sum that began at +0 doesn't change it.

/**
 * Sums of 2 filters for `lanes` lanes, 16 at a time: 8 accumulators are as many as V8 keeps in registers here (with 10 it took 1.6
 * times as long per sum).
 *
 * @param sums f32 (2, sumsBytes / 4)
 */
export function twoFilters(input: usize, taps: usize, tapCount: i32, weights: usize, lanes: usize, sums: usize, sumsBytes: usize): void {
  const tapsEnd = taps + (<usize>tapCount << 2);
  for (let at: usize = 0; at < lanes << 2; at += 64) {
    const zero = f32x4.splat(0);
    let a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    let w = weights;
    const first = input + at;
    for (let tap = taps; tap < tapsEnd; tap += 4) {
      const x = first + load<u32>(tap);
      const x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
      const wa = v128.load32_splat(w), wb = v128.load32_splat(w, 4);
      a0 = f32x4.add(a0, f32x4.mul(x0, wa)); a1 = f32x4.add(a1, f32x4.mul(x1, wa));
      a2 = f32x4.add(a2, f32x4.mul(x2, wa)); a3 = f32x4.add(a3, f32x4.mul(x3, wa));
      b0 = f32x4.add(b0, f32x4.mul(x0, wb)); b1 = f32x4.add(b1, f32x4.mul(x1, wb));
      b2 = f32x4.add(b2, f32x4.mul(x2, wb)); b3 = f32x4.add(b3, f32x4.mul(x3, wb));
      w += 8;
    }
    let to = sums + at;
    v128.store(to, a0); v128.store(to, a1, 16); v128.store(to, a2, 32); v128.store(to, a3, 48);
    to += sumsBytes;
    v128.store(to, b0); v128.store(to, b1, 16); v128.store(to, b2, 32); v128.store(to, b3, 48);
  }
}

export function convPlanes(c: PlaneConv): void {
  const e = changetype<PlaneEpilogue>(c.epilogue);
  const sumsBytes = <usize>c.stripLanes << 2;
  for (let lane = 0; lane < c.lanes; lane += c.stripLanes) {
    const lanes = <usize>min(c.stripLanes, c.lanes - lane);
    for (let group = 0; group < c.groups; group++) {
      const input = c.input + <usize>group * c.groupBytes + (<usize>lane << 2);
      let weights = c.weights + <usize>group * c.groupWeightBytes;
      for (let filter = 0; filter < c.groupFilters; filter += 2) {
        twoFilters(input, c.taps, c.tapCount, weights, lanes, c.sums, sumsBytes);
        weights += <usize>c.tapCount << 3;
        const last = min(2, c.groupFilters - filter);
        for (let n = 0; n < last; n++) {
          planeEpilogue<f32>(e, group * c.groupFilters + filter + n, c.sums + <usize>n * sumsBytes, 0, <usize>lane, lanes);
        }
      }
    }
  }
}

/** Affine, add, clip, sign of float planes, fused. */
export function elementwisePlanes(a: PlaneElementwise): void {
  const e = changetype<PlaneEpilogue>(a.epilogue);
  for (let channel = 0; channel < a.channels; channel++) {
    planeEpilogue<f32>(e, channel, a.input + <usize>channel * a.inputPlaneBytes, 0, 0, <usize>a.lanes);
  }
}
