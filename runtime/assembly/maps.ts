import { add, laneBytes, loadLanes, mul, selectNegative, storeLanes } from './lanes';
import { ByteInput, Copy, MapArguments, Regroup } from './records';

// maps.ts — operations on maps that are seldom hot.

/** Floats of each pixel from one layout to another: pads, slices, joins, flattens. */
export function copyPixels(a: Copy): void {
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

/** SPEC 4.1 by tables: every byte's float was computed when the model was loaded. */
export function byteInput(a: ByteInput): void {
  let from = a.input;
  let to = a.output;
  for (let pixel = 0; pixel < a.pixels; pixel++) {
    for (let c = 0; c < a.channels; c++) {
      const byte = <usize>load<u8>(from + <usize>c);
      store<f32>(to + (<usize>c << 2), load<f32>(a.tables + ((<usize>c << 8) | byte) * 4));
    }
    from += <usize>a.channels;
    to += a.outputPixelBytes;
  }
}

/** SPEC 4.9. */
@inline
export function preluOf<T>(a: MapArguments): void {
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

/** SPEC 4.7. */
@inline
export function borderBiasOf<T>(a: MapArguments): void {
  let x = a.input;
  let y = a.output;
  for (let row = 0; row < a.rows; row++) {
    const rowBias = a.first + load<u32>(a.rowOffsets + (<usize>row << 2));
    for (let column = 0; column < a.columns; column++) {
      const bias = rowBias + load<u32>(a.columnOffsets + (<usize>column << 2));
      for (let c: usize = 0; c < a.pixelBytes; c += laneBytes<T>()) {
        storeLanes<T>(y + c, add<T>(loadLanes<T>(x + c), loadLanes<T>(bias + c)));
      }
      x += a.pixelBytes;
      y += a.pixelBytes;
    }
  }
}

/** SPEC 4.2 with floats as the result, for consumers other than binary convolutions. */
export function signMap(a: MapArguments): void {
  let x = a.input;
  let y = a.output;
  const tie = <f32>a.option;
  for (let pixel = a.rows * a.columns; pixel > 0; pixel--) {
    for (let c: usize = 0; c < a.pixelBytes; c += 4) {
      const element = load<f32>(x + c);
      const threshold = load<f32>(a.first + c);
      const sign: f32 = element > threshold ? 1 : element < threshold ? -1 : tie;
      store<f32>(y + c, sign);
    }
    x += a.pixelBytes;
    y += a.pixelBytes;
  }
}

/** SPEC 4.17: binary64 sums per channel, then over the channels. */
export function sampleMean(a: MapArguments): void {
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

/** Bits moved so that each group of channels starts at a byte. */
export function regroupBits(a: Regroup): void {
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
