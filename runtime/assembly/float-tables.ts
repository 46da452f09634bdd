import { checkStream } from './lut-expand';
import { isAt } from './preconditions';

// float-tables.ts — look-up tables for 1-bit weights on floats (1W/32A): as lut-tables.ts and lut-gemm.ts, with f32 lanes.
//
//   T[w][lane] = sum over b of w_b * a_b[lane],   b = 0 ... g - 1,   w_b = +1 or -1
//
// An addition of a look-up stands for g multiplications and additions. The sums associate in another order than the reference's,
// which format/SPEC.md 4.3 allows where no `sign` depends on them.

/**
 * One table.
 *
 * @param input what `planes` counts from. @param planes u32 (channels): byte offsets of the float planes.
 * @param table f32 (2^(channels - 1), rowBytes / 4): the top weight is -1 in all rows. @param rowBytes a multiple of 32.
 * @param channels 4 or 6.
 */
export function buildFloatTable(input: usize, planes: usize, table: usize, rowBytes: usize, channels: i32): void {
  if (!ASC_NO_ASSERT) {
    assert(channels == 4 || channels == 6, 'a table of floats has 4 or 6 channels');
    assert(rowBytes >= 32 && rowBytes % 32 == 0, 'a row is pairs of vectors');
    assert(isAt(input, 4) && isAt(planes, 4) && isAt(table, 4), 'planes and tables are f32');
  }
  const planesEnd = planes + (<usize>channels << 2);
  const lastPlane = planesEnd - 4;
  for (let lane: usize = 0; lane < rowBytes; lane += 32) {
    const at = input + lane;
    const t = table + lane;
    let sum0 = f32x4.splat(0), sum1 = sum0;
    for (let p = planes; p < planesEnd; p += 4) {
      const a = at + load<u32>(p);
      sum0 = f32x4.sub(sum0, v128.load(a));
      sum1 = f32x4.sub(sum1, v128.load(a, 16));
    }
    v128.store(t, sum0);
    v128.store(t, sum1, 16);
    // Each channel doubles the rows: with +1 instead of -1.
    let builtBytes = rowBytes;
    for (let p = planes; p < lastPlane; p += 4) {
      const a = at + load<u32>(p);
      let a0 = v128.load(a), a1 = v128.load(a, 16);
      a0 = f32x4.add(a0, a0);
      a1 = f32x4.add(a1, a1);
      const end = t + builtBytes;
      for (let row = t; row < end; row += rowBytes) {
        const to = row + builtBytes;
        v128.store(to, f32x4.add(v128.load(row), a0));
        v128.store(to, f32x4.add(v128.load(row, 16), a1), 16);
      }
      builtBytes <<= 1;
    }
  }
}

/**
 * V vectors of lanes for all filters of a group; V is a constant after inlining. In the middle of a look-up is a branch: without it V8 moves all
 * loads to the front, runs out of registers and keeps a sum on the stack, which took 1.65 times as long.
 */
@inline
function lookUp(
  V: i32, tables: usize, streams: usize, filters: i32, lookups: i32, sums: usize, stripLanes: usize, isFirst: bool,
): void {
  for (let n = 0; n < filters; n++) {
    const zero = f32x4.splat(0);
    let s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero, s8 = zero, s9 = zero;
    if (!ASC_NO_ASSERT) checkStream(streams, filters, lookups);
    const to = sums + <usize>load<u16>(streams, 2) * (stripLanes << 2);
    if (!isFirst) {
      s0 = v128.load(to); s1 = v128.load(to, 16); s2 = v128.load(to, 32); s3 = v128.load(to, 48);
      s4 = v128.load(to, 64); s5 = v128.load(to, 80); s6 = v128.load(to, 96); s7 = v128.load(to, 112);
      if (V > 8) { s8 = v128.load(to, 128); s9 = v128.load(to, 144); }
    }
    const addsEnd = streams + 4 + (<usize>load<u16>(streams) << 1);
    const end = streams + 4 + (<usize>lookups << 1);
    streams += 4;
    while (streams != addsEnd) {
      const t = tables + <usize>load<u16>(streams);
      s0 = f32x4.add(s0, v128.load(t)); s1 = f32x4.add(s1, v128.load(t, 16));
      s2 = f32x4.add(s2, v128.load(t, 32)); s3 = f32x4.add(s3, v128.load(t, 48));
      s4 = f32x4.add(s4, v128.load(t, 64));
      if (streams > end) break; // never
      s5 = f32x4.add(s5, v128.load(t, 80)); s6 = f32x4.add(s6, v128.load(t, 96));
      s7 = f32x4.add(s7, v128.load(t, 112));
      if (V > 8) {
        s8 = f32x4.add(s8, v128.load(t, 128)); s9 = f32x4.add(s9, v128.load(t, 144));
      }
      streams += 2;
    }
    while (streams != end) {
      const t = tables + <usize>load<u16>(streams);
      s0 = f32x4.sub(s0, v128.load(t)); s1 = f32x4.sub(s1, v128.load(t, 16));
      s2 = f32x4.sub(s2, v128.load(t, 32)); s3 = f32x4.sub(s3, v128.load(t, 48));
      s4 = f32x4.sub(s4, v128.load(t, 64));
      if (streams > end) break; // never
      s5 = f32x4.sub(s5, v128.load(t, 80)); s6 = f32x4.sub(s6, v128.load(t, 96));
      s7 = f32x4.sub(s7, v128.load(t, 112));
      if (V > 8) {
        s8 = f32x4.sub(s8, v128.load(t, 128)); s9 = f32x4.sub(s9, v128.load(t, 144));
      }
      streams += 2;
    }
    v128.store(to, s0); v128.store(to, s1, 16); v128.store(to, s2, 32); v128.store(to, s3, 48);
    v128.store(to, s4, 64); v128.store(to, s5, 80); v128.store(to, s6, 96); v128.store(to, s7, 112);
    if (V > 8) { v128.store(to, s8, 128); v128.store(to, s9, 144); }
  }
}

/**
 * The look-ups of a block of tables for all filters of a group and a chunk of lanes; streams as in lut-gemm.ts.
 *
 * Requires at least one filter and one look-up, and streams that name filters of the group and add no more than they look up.
 *
 * @param vectors of 4 lanes in a chunk: 8 or 10.
 * @param sums f32 (filters, stripLanes), from the chunk's first lane on: written by the first block, added to by the others.
 * @param stripLanes at least those of a chunk.
 */
export function lookUpFloats(
  vectors: i32, tables: usize, streams: usize, filters: i32, lookups: i32, sums: usize, stripLanes: usize, isFirst: bool,
): void {
  if (!ASC_NO_ASSERT) {
    assert(vectors == 8 || vectors == 10, 'a look-up adds 8 or 10 vectors of floats');
    assert(isAt(tables, 4) && isAt(sums, 4) && isAt(streams, 2), 'tables and sums are f32, streams u16');
    assert(filters >= 1 && lookups >= 1, 'there is a look-up');
    assert(stripLanes >= <usize>vectors * 4, 'a strip has the lanes of a chunk');
  }
  if (vectors == 8) lookUp(8, tables, streams, filters, lookups, sums, stripLanes, isFirst);
  else lookUp(10, tables, streams, filters, lookups, sums, stripLanes, isFirst);
}
