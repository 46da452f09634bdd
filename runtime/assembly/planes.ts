// planes.ts — the layout in which lanes are pixels.
//
// A map of planes has one plane per channel. Rows follow each other at a pitch of a few lanes more than the width, so pixel
// (y, x) is lane y * pitch + x, and a tap of a convolution is a constant distance in lanes, whichever pixel it belongs to.
//
//   float planes  f32; what lies between the rows is undefined
//   sign planes   i8: +1, -1, and 0 for every pad. The lanes between two rows are the right pads of the one and the left pads
//                 of the other, rows of zeros above and below are the rest; so a pad needs no special case.
//
// Kernels work on whole vectors of lanes. They may read up to 64 KiB past the end of a map (the plan keeps that much memory
// behind everything), and write up to the next multiple of 16 lanes, for which planes have room.

import { isAt } from './preconditions';
import { CopyPlanes, Relayout } from './records';

/**
 * Rows of f32 elements, each `columnStep` from the last. Nothing but the columns asked for is written.
 *
 * Requires what {@link checkCopy} says, and distances of whole floats.
 *
 * @section planes
 * @takes f32 -> f32
 * @tile 1 channel x 4 columns; from a stride of 3 on, 1
 * @chosen `padChannels`, `sliceSpatial`, `concat` where an operand doesn't lie in its result already; the phases in front of `convPlanes` and `convFloatLut`
 * @room copy-planes.ts
 */
export function copyFloatPlanes(c: CopyPlanes): void {
  checkCopy(c);
  if (!ASC_NO_ASSERT) {
    assert(isAt(c.input, 4) && isAt(c.output, 4), 'planes are f32');
    assert(c.inputPlaneBytes % 4 == 0 && c.inputRowBytes % 4 == 0, 'rows of the input lie whole floats apart');
    assert(c.outputPlaneBytes % 4 == 0 && c.outputRowBytes % 4 == 0, 'rows of the output lie whole floats apart');
  }
  const step = <usize>c.columnStep << 2;
  const columns = c.columns;
  for (let plane = 0; plane < c.planes; plane++) {
    for (let row = 0; row < c.rows; row++) {
      let from = c.input + <usize>plane * c.inputPlaneBytes + <usize>row * c.inputRowBytes;
      let to = c.output + <usize>plane * c.outputPlaneBytes + <usize>row * c.outputRowBytes;
      let column = 0;
      if (step == 4) {
        for (; column <= columns - 4; column += 4) {
          v128.store(to, v128.load(from));
          from += 16; to += 16;
        }
      } else if (step == 8) {
        for (; column <= columns - 4; column += 4) {
          v128.store(to, v128.shuffle<f32>(v128.load(from), v128.load(from, 16), 0, 2, 4, 6));
          from += 32; to += 16;
        }
      }
      for (; column < columns; column++) {
        store<u32>(to, load<u32>(from));
        from += step; to += 4;
      }
    }
  }
}

/**
 * The same for i8 elements, but a row is written up to the next multiple of 16: the rows after it are written later.
 *
 * Requires what {@link checkCopy} says, and rows of a plane in rising order with 15 bytes of room behind the last.
 *
 * @section planes
 * @takes i8 signs -> i8 signs
 * @tile 1 channel x 16 columns; from a stride of 3 on, 1
 * @chosen the phases in front of `convLut` with a stride
 * @room phase-planes.ts
 */
export function copySignPlanes(c: CopyPlanes): void {
  checkCopy(c);
  const step = <usize>c.columnStep;
  for (let plane = 0; plane < c.planes; plane++) {
    for (let row = 0; row < c.rows; row++) {
      let from = c.input + <usize>plane * c.inputPlaneBytes + <usize>row * c.inputRowBytes;
      let to = c.output + <usize>plane * c.outputPlaneBytes + <usize>row * c.outputRowBytes;
      const end = to + <usize>c.columns;
      if (step == 1) {
        for (; to < end; to += 16) {
          v128.store(to, v128.load(from));
          from += 16;
        }
      } else if (step == 2) {
        for (; to < end; to += 16) {
          const even = v128.shuffle<i8>(v128.load(from), v128.load(from, 16), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
          v128.store(to, even);
          from += 32;
        }
      } else {
        for (; to < end; to++) {
          store<u8>(to, load<u8>(from));
          from += step;
        }
      }
    }
  }
}

/**
 * Four vectors, one below the other, with rows and columns exchanged; stored `toStep` apart.
 *
 * @param from the first vector; the others follow `fromStep` apart.
 */
@inline
function transpose4(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const a = v128.load(from), b = v128.load(from + fromStep);
  const c = v128.load(from + fromStep * 2), d = v128.load(from + fromStep * 3);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(to + toStep, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(to + toStep * 2, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(to + toStep * 3, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
}

/** Between float planes and float pixels, four of each at a time as long as there are four. */
@inline
function relayoutFloats(r: Relayout, toPixels: bool): void {
  const columns = r.columns;
  for (let channel = 0; channel < r.channels; ) {
    const channels = r.channels - channel < 4 ? 1 : 4;
    for (let row = 0; row < r.rows; row++) {
      let plane = r.planes + <usize>channel * r.planeBytes + <usize>row * r.planeRowBytes;
      let pixel = r.pixels + <usize>row * r.pixelsRowBytes + (<usize>channel << 2);
      let column = 0;
      if (channels == 4) {
        for (; column <= columns - 4; column += 4) {
          if (toPixels) transpose4(plane, r.planeBytes, pixel, r.pixelBytes);
          else transpose4(pixel, r.pixelBytes, plane, r.planeBytes);
          plane += 16; pixel += r.pixelBytes << 2;
        }
      }
      for (; column < columns; column++) {
        for (let c: usize = 0; c < <usize>channels; c++) {
          if (toPixels) store<u32>(pixel + (c << 2), load<u32>(plane + c * r.planeBytes));
          else store<u32>(plane + c * r.planeBytes, load<u32>(pixel + (c << 2)));
        }
        plane += 4; pixel += r.pixelBytes;
      }
    }
    channel += channels;
  }
}

/**
 * Float planes to float pixels. Requires what {@link checkFloats} says.
 *
 * @section between
 * @takes f32 planes -> f32 pixels
 * @tile as `pixelsToPlanes`
 * @chosen floats that are read on pixels, such as the output; when a model is loaded, filters of floats side by side
 * @room relayout.ts
 */
export function planesToPixels(r: Relayout): void {
  checkFloats(r);
  relayoutFloats(r, true);
}

/**
 * Float pixels to float planes. Requires what {@link checkFloats} says.
 *
 * @section between
 * @takes f32 pixels -> f32 planes
 * @tile 4 pixels x 4 channels; of the last 3 of either, 1
 * @chosen floats that are read on planes
 * @room relayout.ts
 */
export function pixelsToPlanes(r: Relayout): void {
  checkFloats(r);
  relayoutFloats(r, false);
}

/**
 * Sign planes to bits; the padding bits of a pixel stay 0. Requires what {@link checkBits} says.
 *
 * @section between
 * @takes i8 signs -> bits
 * @tile 8 channels of 8 pixels
 * @chosen signs that are read on pixels
 * @room relayout.ts
 */
export function signsToBits(r: Relayout): void {
  checkBits(r);
  const zero = i8x16.splat(0);
  for (let row = 0; row < r.rows; row++) {
    for (let column = 0; column < r.columns; column += 8) {
      const pixel = r.pixels + <usize>row * r.pixelsRowBytes + <usize>column * r.pixelBytes;
      const pixels = <usize>min(8, r.columns - column) * r.pixelBytes;
      let plane = r.planes + <usize>row * r.planeRowBytes + <usize>column;
      for (let first = 0; first < r.channels; first += 8) {
        const planes = <usize>min(8, r.channels - first) * r.planeBytes;
        let bits = zero;
        // The first channel ends up in the lowest bit.
        for (let last = plane + planes; last != plane; ) {
          last -= r.planeBytes;
          bits = i8x16.sub(i8x16.add(bits, bits), i8x16.gt_s(v128.load(last), zero));
        }
        plane += planes;
        let to = pixel + <usize>(first >> 3);
        let bytes = i64x2.extract_lane(bits, 0);
        for (const end = to + pixels; to != end; to += r.pixelBytes) {
          store<u8>(to, <u8>bytes);
          bytes >>= 8;
        }
      }
    }
  }
}

/**
 * Bits to sign planes; only pixels are written. Requires what {@link checkBits} says.
 *
 * @section between
 * @takes bits -> i8 signs
 * @tile 1 sign
 * @chosen signs that are read on planes
 * @room relayout.ts
 */
export function bitsToSigns(r: Relayout): void {
  checkBits(r);
  for (let channel = 0; channel < r.channels; channel++) {
    for (let row = 0; row < r.rows; row++) {
      let plane = r.planes + <usize>channel * r.planeBytes + <usize>row * r.planeRowBytes;
      let byte = r.pixels + <usize>row * r.pixelsRowBytes + <usize>(channel >> 3);
      for (let column = 0; column < r.columns; column++) {
        store<i8>(plane, <i8>((((<i32>load<u8>(byte)) >> (channel & 7)) & 1) * 2 - 1));
        plane++; byte += r.pixelBytes;
      }
    }
  }
}

/** What copies of rows require: something to copy, and elements that lie apart. */
function checkCopy(c: CopyPlanes): void {
  if (ASC_NO_ASSERT) return;
  assert(c.planes >= 1 && c.rows >= 1 && c.columns >= 1, 'there is an element');
  assert(c.columnStep >= 1, 'elements lie apart');
  assert(c.input != 0 && c.output != 0, 'there are planes');
}

/** What all that move between planes and pixels require: at least one element, and both maps. */
function checkRelayout(r: Relayout): void {
  if (ASC_NO_ASSERT) return;
  assert(r.rows >= 1 && r.columns >= 1 && r.channels >= 1, 'there is an element');
  assert(r.planes != 0 && r.pixels != 0, 'there are planes and pixels');
}

/** The same for floats in both layouts: distances are whole floats, and a pixel has one for each channel. */
function checkFloats(r: Relayout): void {
  if (ASC_NO_ASSERT) return;
  checkRelayout(r);
  assert(isAt(r.planes, 4) && isAt(r.pixels, 4), 'planes and pixels are f32');
  assert(r.planeBytes % 4 == 0 && r.planeRowBytes % 4 == 0, 'rows of planes lie whole floats apart');
  assert(r.pixelsRowBytes % 4 == 0 && r.pixelBytes % 4 == 0, 'pixels lie whole floats apart');
  assert(r.pixelBytes >= <usize>r.channels * 4, 'a pixel has a float for each channel');
}

/** The same for signs and bits: a pixel has a bit for each channel. */
function checkBits(r: Relayout): void {
  if (ASC_NO_ASSERT) return;
  checkRelayout(r);
  assert(r.pixelBytes >= <usize>(r.channels + 7) >> 3, 'a pixel has a bit for each channel');
}
