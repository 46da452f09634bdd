import { isAt } from './preconditions';

// lut-tables.ts — the tables that binary convolutions look up instead of counting bits.
//
//   T[w][lane] = 1/2 sum over b of w_b * a_b[lane],   b = 0 ... g - 1,   w_b = +1 or -1, a_b = +1, -1 or (pads) 0
//
// Row w holds, for every lane, half the dot product of g weights with g channels. Half, so that an i8 holds more of them:
// channels at one pixel are all pads or none, and g real channels are even in number, so the dot product is even. (Groups that
// are smaller take planes of zeros along.) Since T[~w] = -T[w], only the 2^(g - 1) rows whose top weight is -1 are built; the
// others are subtracted instead of added.
//
// Each row is one addition away from another: T[0] = -1/2 sum of a; T[w | 1 << b] = T[w] + a_b.

/**
 * Row 0, floor(-sum / 2), from the sum of the channels, which is -8 to 8. x86 has no shift of bytes, so words are shifted, and a mask
 * removes the bit of the byte beside.
 */
@inline
function firstRow(sum: v128): v128 {
  const half = i16x8.shr_u(i8x16.sub(i8x16.splat(16), sum), 1);
  return i8x16.sub(v128.and(half, i8x16.splat(0x7f)), i8x16.splat(8));
}

/**
 * One table.
 *
 * @param input what `planes` counts from. @param planes u32 (channels): byte offsets of the sign planes.
 * @param table i8 (2^(channels - 1), rowBytes). @param rowBytes a multiple of 32. @param channels 4, 6 or 8.
 *
 * Requires planes of +1, -1 and 0 with an even number of +-1 in each lane, so that the halves are whole: either all real
 * channels of a lane are pads, or none is.
 */
export function buildTable(input: usize, planes: usize, table: usize, rowBytes: usize, channels: i32): void {
  if (!ASC_NO_ASSERT) {
    assert(channels == 4 || channels == 6 || channels == 8, 'a table has 4, 6 or 8 channels');
    assert(rowBytes % 32 == 0, 'a row is pairs of vectors');
    assert(isAt(planes, 4), 'planes are u32');
    assert(input != 0 && table != 0, 'there are planes and a table');
  }
  if (channels == 4) buildTable4(input, planes, table, rowBytes);
  else buildTableOf(input, planes, table, rowBytes, channels);
}

/** A table of 4 channels. It has so few rows that loops over them would take most of the time. */
@inline
function buildTable4(input: usize, planes: usize, table: usize, rowBytes: usize): void {
  let a = input + load<u32>(planes), b = input + load<u32>(planes, 4), c = input + load<u32>(planes, 8), d = input + load<u32>(planes, 12);
  for (const end = table + rowBytes; table < end; table += 16) {
    const a0 = v128.load(a), b0 = v128.load(b), c0 = v128.load(c);
    const t0 = firstRow(i8x16.add(i8x16.add(a0, b0), i8x16.add(c0, v128.load(d))));
    const t1 = i8x16.add(t0, a0), t2 = i8x16.add(t0, b0), t3 = i8x16.add(t1, b0);
    let to = table;
    v128.store(to, t0); to += rowBytes;
    v128.store(to, t1); to += rowBytes;
    v128.store(to, t2); to += rowBytes;
    v128.store(to, t3); to += rowBytes;
    v128.store(to, i8x16.add(t0, c0)); to += rowBytes;
    v128.store(to, i8x16.add(t1, c0)); to += rowBytes;
    v128.store(to, i8x16.add(t2, c0)); to += rowBytes;
    v128.store(to, i8x16.add(t3, c0));
    a += 16; b += 16; c += 16; d += 16;
  }
}

@inline
function buildTableOf(input: usize, planes: usize, table: usize, rowBytes: usize, channels: i32): void {
  const planesEnd = planes + (<usize>channels << 2);
  const pairsEnd = planesEnd - 8;
  for (let lane: usize = 0; lane < rowBytes; lane += 32) {
    const at = input + lane;
    let t = table + lane;
    let sum0 = i8x16.splat(0), sum1 = sum0;
    for (let p = planes; p < planesEnd; p += 4) {
      const a = at + load<u32>(p);
      sum0 = i8x16.add(sum0, v128.load(a));
      sum1 = i8x16.add(sum1, v128.load(a, 16));
    }
    v128.store(t, firstRow(sum0));
    v128.store(t, firstRow(sum1), 16);

    // Two channels at a time: every row there is gives three new ones.
    let builtBytes = rowBytes;
    for (let p = planes; p < pairsEnd; p += 8) {
      const a = at + load<u32>(p), b = at + load<u32>(p, 4);
      const a0 = v128.load(a), a1 = v128.load(a, 16), b0 = v128.load(b), b1 = v128.load(b, 16);
      const ab0 = i8x16.add(a0, b0), ab1 = i8x16.add(a1, b1);
      const end = t + builtBytes;
      for (let row = t; row < end; row += rowBytes) {
        const x0 = v128.load(row), x1 = v128.load(row, 16);
        let to = row + builtBytes;
        v128.store(to, i8x16.add(x0, a0)); v128.store(to, i8x16.add(x1, a1), 16);
        to += builtBytes;
        v128.store(to, i8x16.add(x0, b0)); v128.store(to, i8x16.add(x1, b1), 16);
        to += builtBytes;
        v128.store(to, i8x16.add(x0, ab0)); v128.store(to, i8x16.add(x1, ab1), 16);
      }
      builtBytes <<= 2;
    }
    // The last channel but the top one.
    const a = at + load<u32>(pairsEnd);
    const a0 = v128.load(a), a1 = v128.load(a, 16);
    const end = t + builtBytes;
    for (let row = t; row < end; row += rowBytes) {
      const to = row + builtBytes;
      v128.store(to, i8x16.add(v128.load(row), a0)); v128.store(to, i8x16.add(v128.load(row, 16), a1), 16);
    }
  }
}
