import { laneBytes, loadLanes, mul, selectNegative, storeLanes } from './lanes';
import { isAt } from './preconditions';
import { ByteInput, Copy, MapArguments, Regroup } from './records';

// maps.ts — operations on maps in which networks spend little time.

/**
 * Floats of each pixel from one layout to another: pads, slices, joins, flattens.
 *
 * Requires at least one row, column and channel, distances of whole floats, and output pixels that don't overlap.
 *
 * @section pixels
 * @takes f32 -> f32
 * @tile 2 channels of a pixel
 * @chosen `padChannels`, `sliceSpatial`, `concat`; `flatten` where pixels have padding; the pads in front of `convFloat`; an input of floats
 * @room copy-pixels.ts
 */
export function copyPixels(a: Copy): void {
  if (!ASC_NO_ASSERT) {
    assert(a.rows >= 1 && a.columns >= 1 && a.channels >= 1, 'there is a float');
    assert(isAt(a.input, 4) && isAt(a.output, 4), 'maps are f32');
    assert(a.inputRowBytes % 4 == 0 && a.inputPixelBytes % 4 == 0, 'pixels of the input lie whole floats apart');
    assert(a.outputRowBytes % 4 == 0 && a.outputPixelBytes % 4 == 0, 'pixels of the output lie whole floats apart');
    assert(a.columns == 1 || a.outputPixelBytes >= <usize>a.channels * 4, "pixels of the output don't overlap");
  }
  for (let row = 0; row < a.rows; row++) {
    let from = a.input + <usize>row * a.inputRowBytes;
    let to = a.output + <usize>row * a.outputRowBytes;
    for (let column = 0; column < a.columns; column++) {
      let c = 0;
      for (; c <= a.channels - 2; c += 2) store<u64>(to + (<usize>c << 2), load<u64>(from + (<usize>c << 2)));
      if (c < a.channels) store<u32>(to + (<usize>c << 2), load<u32>(from + (<usize>c << 2)));
      from += a.inputPixelBytes;
      to += a.outputPixelBytes;
    }
  }
}

/**
 * SPEC 4.1 by tables: every byte's float was computed when the model was loaded.
 *
 * Requires at least one pixel and one channel, and outputs that lie whole floats apart.
 *
 * @section pixels
 * @takes u8 -> f32
 * @tile 1 byte
 * @chosen an input of image bytes; it writes planes where all readers work on planes
 * @room input.ts
 */
export function byteInput(a: ByteInput): void {
  if (!ASC_NO_ASSERT) {
    assert(a.rows >= 1 && a.columns >= 1 && a.channels >= 1, 'there is a byte');
    assert(a.input != 0, 'there is an image');
    assert(isAt(a.output, 4) && isAt(a.tables, 4), 'the output and the tables are f32');
    assert(a.outputRowBytes % 4 == 0 && a.outputPixelBytes % 4 == 0 && a.outputChannelBytes % 4 == 0, 'outputs lie whole floats apart');
  }
  const channels = <usize>a.channels;
  for (let channel: usize = 0; channel < channels; channel++) {
    const table = a.tables + (channel << 10);
    let from = a.input + channel;
    for (let row = 0; row < a.rows; row++) {
      let to = a.output + channel * a.outputChannelBytes + <usize>row * a.outputRowBytes;
      for (let column = a.columns; column > 0; column--) {
        store<u32>(to, load<u32>(table + (<usize>load<u8>(from) << 2)));
        from += channels;
        to += a.outputPixelBytes;
      }
    }
  }
}

/**
 * SPEC 4.9. Requires what {@link checkMap} says, and slopes of both kinds for every channel of a pixel, padding included.
 *
 * @section pixels
 * @takes f32 -> f32
 * @tile 4 channels of a pixel
 * @chosen `prelu`; `scale` and `multiply`, where the slopes of both kinds are the second operand
 * @room prelu.ts
 */
@inline
export function preluOf<T>(a: MapArguments): void {
  checkMap(a);
  if (!ASC_NO_ASSERT) assert(isAt(a.first, 4) && isAt(a.second, 4), 'there are slopes for x < 0 and for x >= 0');
  let x = a.input;
  let y = a.output;
  for (let pixel = a.rows * a.columns; pixel > 0; pixel--) {
    for (let c: usize = 0; c < a.pixelBytes; c += laneBytes<T>()) {
      const element = loadLanes<T>(x + c);
      const slope = selectNegative<T>(element, loadLanes<T>(a.first + c), loadLanes<T>(a.second + c));
      storeLanes<T>(y + c, mul<T>(element, slope));
    }
    x += a.pixelBytes;
    y += a.pixelBytes;
  }
}

/**
 * SPEC 4.2 with floats as the result, for consumers other than binary convolutions.
 *
 * Requires what {@link checkMap} says, a threshold for every channel of a pixel, padding included, and -1, 0 or 1 for a tie.
 *
 * @section pixels
 * @takes f32 -> f32
 * @tile 1 float
 * @chosen a `sign` that is read as floats
 * @room sign-map.ts
 */
export function signMap(a: MapArguments): void {
  checkMap(a);
  if (!ASC_NO_ASSERT) {
    assert(isAt(a.first, 4), 'thresholds are f32');
    assert(a.option >= -1 && a.option <= 1, 'a tie gives -1, 0 or 1');
  }
  let x = a.input;
  let y = a.output;
  const tie = <f32>a.option;
  for (let pixel = a.rows * a.columns; pixel > 0; pixel--) {
    for (let c: usize = 0; c < a.pixelBytes; c += 4) {
      const element = load<f32>(x + c);
      const threshold = load<f32>(a.first + c);
      const sign: f32 = element > threshold ? 1 : element == threshold ? tie : -1;
      store<f32>(y + c, sign);
    }
    x += a.pixelBytes;
    y += a.pixelBytes;
  }
}

/**
 * SPEC 4.17: binary64 sums per channel, then over the channels. Requires what {@link checkMap} says.
 *
 * @section pixels
 * @takes f32 -> f64 -> f32
 * @tile 1 float
 * @chosen `sampleMean`
 * @room sample-mean.ts
 */
export function sampleMean(a: MapArguments): void {
  checkMap(a);
  const pixels = a.rows * a.columns;
  let total: f64 = 0;
  for (let c = 0; c < a.channels; c++) {
    let x = a.input + (<usize>c << 2);
    let sum: f64 = 0;
    for (let pixel = pixels; pixel > 0; pixel--) {
      sum += <f64>load<f32>(x);
      x += a.pixelBytes;
    }
    total += sum;
  }
  const mean = <f32>(total / (<f64>pixels * <f64>a.channels));
  for (let i: usize = 0; i < <usize>pixels * a.pixelBytes; i += 4) store<f32>(a.output + i, load<f32>(a.input + i) - mean);
}

/**
 * SPEC 4.21 in binary64. Requires what {@link checkMap} says.
 *
 * @section pixels
 * @takes f32 -> f64 -> f32
 * @tile 1 float
 * @chosen `sigmoid`
 * @room sigmoid.ts
 */
export function sigmoid(a: MapArguments): void {
  checkMap(a);
  const bytes = <usize>(a.rows * a.columns) * a.pixelBytes;
  let i: usize = 0;
  do store<f32>(a.output + i, <f32>(1 / (1 + exponential(-<f64>load<f32>(a.input + i)))));
  while ((i += 4) < bytes);
}

/**
 * SPEC 4.18, of one vector; with an option of 1 its logarithm. Requires what {@link checkMap} says.
 *
 * @section pixels
 * @takes f32 -> f64 -> f32
 * @tile 1 float
 * @chosen `softmax`
 * @room softmax.ts
 */
export function softmax(a: MapArguments): void {
  checkMap(a);
  const bytes = <usize>a.channels << 2;
  let i: usize = 0;
  let largest: f64 = -Infinity;
  do largest = max<f64>(largest, load<f32>(a.input + i));
  while ((i += 4) < bytes);
  let sum: f64 = 0;
  i = 0;
  do sum += exponential(load<f32>(a.input + i) - largest);
  while ((i += 4) < bytes);
  // Newton's iteration, down from above the logarithm of the largest number of channels: by 1 at most, then twice the digits in each step.
  let logarithm: f64 = 16;
  for (i = 0; i < 24; i++) logarithm += sum * exponential(-logarithm) - 1;
  i = 0;
  do {
    const x = load<f32>(a.input + i) - largest - logarithm;
    store<f32>(a.output + i, <f32>(a.option ? x : exponential(x)));
  } while ((i += 4) < bytes);
}

/** e^t as SPEC 4.21 says. */
function exponential(t: f64): f64 {
  const u = max<f64>(t, -128) / 1024;
  let p: f64 = 1;
  let k = 8;
  do p = 1 + (u * p) / <f64>k;
  while (--k);
  for (; k < 10; k++) p *= p;
  return p;
}

/**
 * Bits moved so that each group of channels starts at a byte.
 *
 * Requires at least one pixel and one channel, pixels with a bit for each channel, and in the output as many bytes for each group
 * as its channels fill.
 *
 * @section pixels
 * @takes bits -> bits
 * @tile 1 bit
 * @chosen in front of `convBits` whose groups don't start at whole bytes
 * @room regroup-bits.ts
 */
export function regroupBits(a: Regroup): void {
  if (!ASC_NO_ASSERT) {
    assert(a.rows >= 1 && a.columns >= 1 && a.groups >= 1 && a.groupChannels >= 1, 'there is a bit');
    assert(a.input != 0 && a.output != 0, 'there are maps');
    assert(a.groupBytes == <usize>(a.groupChannels + 7) >> 3, 'a group is as many bytes as its channels fill');
    assert(a.inputPixelBytes * 8 >= <usize>(a.groups * a.groupChannels), 'a pixel of the input has all channels');
    assert(a.outputPixelBytes >= <usize>a.groups * a.groupBytes, 'a pixel of the output has all groups');
  }
  for (let row = 0; row < a.rows; row++) {
    let from = a.input + <usize>row * a.inputRowBytes;
    let to = a.output + <usize>row * a.outputRowBytes;
    for (let column = 0; column < a.columns; column++) {
      for (let group = 0; group < a.groups; group++) {
        const groupStart = to + <usize>group * a.groupBytes;
        for (let i: usize = 0; i < a.groupBytes; i++) store<u8>(groupStart + i, 0);
        for (let i = 0; i < a.groupChannels; i++) {
          const bit = group * a.groupChannels + i;
          const set = (load<u8>(from + <usize>(bit >> 3)) >> <u8>(bit & 7)) & 1;
          const at = groupStart + <usize>(i >> 3);
          store<u8>(at, load<u8>(at) | (set << <u8>(i & 7)));
        }
      }
      from += a.inputPixelBytes;
      to += a.outputPixelBytes;
    }
  }
}

/** What operations on a map, pixel by pixel, require: at least one pixel, and pixels of whole blocks of 8 floats. */
function checkMap(a: MapArguments): void {
  if (ASC_NO_ASSERT) return;
  assert(a.rows >= 1 && a.columns >= 1 && a.channels >= 1, 'there is an element');
  assert(isAt(a.input, 4) && isAt(a.output, 4), 'maps are f32');
  assert(a.pixelBytes % 32 == 0 && a.pixelBytes >= <usize>a.channels * 4, 'a pixel is whole blocks of 8 channels');
}
