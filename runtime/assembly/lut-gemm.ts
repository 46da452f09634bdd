import { checkStream } from './lut-expand';
import { isAt } from './preconditions';

// lut-gemm.ts — the look-ups of a block of tables, for all filters of a group and V vectors of lanes.
//
//   sums[f][lane] = sum over adds of table[offset + lane] - sum over subtracts of table[offset + lane]
//
// streams, for each filter: u16 adds, u16 filter, u16 offsets of what is added, u16 offsets of what is subtracted; `lookups` in all.
// An offset says which table, which row (the weights) and how far from the lane (the tap). Filters are sorted by their number of
// adds, so that the loops' ends repeat and branches are predicted.
//
// One look-up per iteration: V8 moves all loads of a longer body to its front and spills registers
// (the plan keeps V + 1 of them in use).

/** The sums of a block that isn't the last begin the i16 sums, or are added to them. */
@inline
function widen(x: v128, to: usize, isFirst: bool): void {
  let low = i16x8.extend_low_i8x16_s(x), high = i16x8.extend_high_i8x16_s(x);
  if (!isFirst) {
    if (!ASC_NO_ASSERT) checkWideSums(low, high, to);
    low = i16x8.add(low, v128.load(to));
    high = i16x8.add(high, v128.load(to, 16));
  }
  v128.store(to, low);
  v128.store(to, high, 16);
}

/**
 * @param V vectors of lanes, 2 to 7; a constant after inlining.
 * @param sums i8, wideSums i16: (filters, stripLanes), from the chunk's first lane on.
 */
@inline
function lookUp(
  V: i32, tables: usize, streams: usize, filters: i32, lookups: i32, sums: usize, wideSums: usize, stripLanes: usize,
  isFirst: bool, isLast: bool,
): void {
  for (let n = 0; n < filters; n++) {
    const zero = i8x16.splat(0);
    let s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero;
    if (!ASC_NO_ASSERT) checkStream(streams, filters, lookups);
    const at = <usize>load<u16>(streams, 2) * stripLanes;
    const addsEnd = streams + 4 + (<usize>load<u16>(streams) << 1);
    const end = streams + 4 + (<usize>lookups << 1);
    streams += 4;
    while (streams != addsEnd) {
      const t = tables + <usize>load<u16>(streams);
      s0 = i8x16.add(s0, v128.load(t));
      s1 = i8x16.add(s1, v128.load(t, 16));
      if (V > 2) s2 = i8x16.add(s2, v128.load(t, 32));
      if (V > 3) s3 = i8x16.add(s3, v128.load(t, 48));
      if (V > 4) s4 = i8x16.add(s4, v128.load(t, 64));
      if (V > 5) s5 = i8x16.add(s5, v128.load(t, 80));
      if (V > 6) s6 = i8x16.add(s6, v128.load(t, 96));
      streams += 2;
    }
    while (streams != end) {
      const t = tables + <usize>load<u16>(streams);
      s0 = i8x16.sub(s0, v128.load(t));
      s1 = i8x16.sub(s1, v128.load(t, 16));
      if (V > 2) s2 = i8x16.sub(s2, v128.load(t, 32));
      if (V > 3) s3 = i8x16.sub(s3, v128.load(t, 48));
      if (V > 4) s4 = i8x16.sub(s4, v128.load(t, 64));
      if (V > 5) s5 = i8x16.sub(s5, v128.load(t, 80));
      if (V > 6) s6 = i8x16.sub(s6, v128.load(t, 96));
      streams += 2;
    }
    if (isLast) {
      // These stay i8: the epilogue adds what the blocks before gave.
      const to = sums + at;
      v128.store(to, s0);
      v128.store(to, s1, 16);
      if (V > 2) v128.store(to, s2, 32);
      if (V > 3) v128.store(to, s3, 48);
      if (V > 4) v128.store(to, s4, 64);
      if (V > 5) v128.store(to, s5, 80);
      if (V > 6) v128.store(to, s6, 96);
    } else {
      const to = wideSums + (at << 1);
      widen(s0, to, isFirst);
      widen(s1, to + 32, isFirst);
      if (V > 2) widen(s2, to + 64, isFirst);
      if (V > 3) widen(s3, to + 96, isFirst);
      if (V > 4) widen(s4, to + 128, isFirst);
      if (V > 5) widen(s5, to + 160, isFirst);
      if (V > 6) widen(s6, to + 192, isFirst);
    }
  }
}

/**
 * The sums of `block` of `blocks`. Parameters as of {@link lookUp}.
 *
 * Requires 2 to 7 vectors, at least one filter and one look-up, and streams that name filters of the group and add no more than
 * they look up. The sums of a block fit an i8, and those of all blocks an i16: lut-conv.ts.
 */
export function lookUpBlock(
  vectors: i32, tables: usize, streams: usize, filters: i32, lookups: i32, sums: usize, wideSums: usize, stripLanes: usize,
  block: i32, blocks: i32,
): void {
  if (!ASC_NO_ASSERT) {
    assert(vectors >= 2 && vectors <= 7, 'a look-up adds 2 to 7 vectors');
    assert(isAt(streams, 2), 'streams are u16');
    assert(tables != 0 && sums != 0, 'there are tables and sums');
    assert(filters >= 1 && lookups >= 1, 'there is a look-up');
    assert(block >= 0 && block < blocks, 'the block is one of them');
    assert(blocks == 1 || isAt(wideSums, 2), 'several blocks have wide sums');
  }
  const isFirst = block == 0, isLast = block == blocks - 1;
  switch (vectors) {
    case 2: lookUp(2, tables, streams, filters, lookups, sums, wideSums, stripLanes, isFirst, isLast); break;
    case 3: lookUp(3, tables, streams, filters, lookups, sums, wideSums, stripLanes, isFirst, isLast); break;
    case 4: lookUp(4, tables, streams, filters, lookups, sums, wideSums, stripLanes, isFirst, isLast); break;
    case 5: lookUp(5, tables, streams, filters, lookups, sums, wideSums, stripLanes, isFirst, isLast); break;
    case 6: lookUp(6, tables, streams, filters, lookups, sums, wideSums, stripLanes, isFirst, isLast); break;
    default: lookUp(7, tables, streams, filters, lookups, sums, wideSums, stripLanes, isFirst, isLast);
  }
}

/** The sums of halves fit an i16, or their sum would have wrapped around. */
@inline
function checkWideSums(low: v128, high: v128, wideSums: usize): void {
  const a = v128.load(wideSums), b = v128.load(wideSums, 16);
  const wrapped = v128.or(
    v128.xor(i16x8.add(low, a), i16x8.add_sat_s(low, a)),
    v128.xor(i16x8.add(high, b), i16x8.add_sat_s(high, b)),
  );
  assert(!v128.any_true(wrapped), 'the halves of all blocks fit an i16');
}
