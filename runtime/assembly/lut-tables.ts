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
 * One table.
 *
 * @param input what `planes` counts from. @param planes u32 (channels): byte offsets of the sign planes.
 * @param table i8 (2^(channels - 1), rowBytes). @param rowBytes a multiple of 32. @param channels 4, 6 or 8.
 */
export function buildTable(input: usize, planes: usize, table: usize, rowBytes: usize, channels: i32): void {
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
    v128.store(t, i8x16.shr_s(i8x16.neg(sum0), 1));
    v128.store(t, i8x16.shr_s(i8x16.neg(sum1), 1), 16);

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
