/** (H, W, C) to (C, H, W). */
export function channelsFirst(values: Float32Array, channels: number): Float32Array {
  const pixels = values.length / channels;
  const result = new Float32Array(values.length);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < channels; c++) result[c * pixels + p] = values[p * channels + c]!;
  return result;
}

/** (O, kh, kw, I) to (O, I, kh, kw). */
export function filtersInnerFirst(weights: Float32Array, filters: number, inner: number): Float32Array {
  const each = weights.length / filters;
  const result = new Float32Array(weights.length);
  for (let f = 0; f < filters; f++)
    result.set(channelsFirst(weights.subarray(f * each, (f + 1) * each), inner), f * each);
  return result;
}
