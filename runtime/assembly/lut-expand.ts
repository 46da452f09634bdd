import { LutExpand } from './records';

// lut-expand.ts — from the bits of filters to the streams that lut-gemm.ts reads; run once, when a model is loaded.
//
// A look-up takes the bits of one tap and one slice of the channels: the row of the table. If the top bit is set, the row of
// the complement is subtracted instead (lut-tables.ts).

/** u16 before a filter's look-ups: how many are added, and which filter it is. */
const HEADER_BYTES: usize = 4;

export function expandLut(x: LutExpand): void {
  let streams = x.streams;
  for (let group = 0; group < x.groups; group++) {
    for (let firstTable = 0; firstTable < x.slices; firstTable += x.blockSlices) {
      const tables = min(x.blockSlices, x.slices - firstTable);
      const lookups = <usize>(tables * x.taps);
      for (let filter = 0; filter < x.groupFilters; filter++) {
        const bits = <usize>(group * x.groupFilters + filter) * <usize>(x.taps * x.groupChannels);
        expandFilter(x, bits, firstTable, tables, x.rows + <usize>filter * (lookups << 1), x.adds + (<usize>filter << 1));
      }
      sortFilters(x, lookups, streams);
      streams += <usize>x.groupFilters * (HEADER_BYTES + (lookups << 1));
    }
  }
}

/** One filter's look-ups of a block: additions from the front of `row`, subtractions from its back. */
export function expandFilter(x: LutExpand, firstBit: usize, firstTable: i32, tables: i32, row: usize, adds: usize): void {
  const channels = x.tableChannels;
  const topBit = channels - 1;
  const top = 1 << topBit;
  const taps = x.taps;
  const tapBits = <usize>x.groupChannels;
  const weights = x.weights;
  const rowBytes = x.rowBytes;
  let add = row;
  let subtract = row + (<usize>(tables * taps) << 1);
  let place = x.places;
  for (let n = 0; n < tables; n++) {
    const first = (firstTable + n) * channels;
    const mask = (1 << min(channels, x.groupChannels - first)) - 1;
    let bit = firstBit + <usize>first;
    for (let tap = taps; tap > 0; tap--) {
      // At most 8 bits, from one or two bytes.
      const word = (<i32>load<u16>(weights + (bit >> 3)) >> <i32>(bit & 7)) & mask;
      const at = <i32>load<u16>(place);
      // Half of all top bits are set, so a branch would be guessed wrong every other time.
      const minus = -(word >> topBit);
      const offset = at + ((word ^ minus) & (top - 1)) * rowBytes;
      subtract += minus << 1;
      store<u16>(minus ? subtract : add, offset);
      add += <usize>(2 + (minus << 1));
      bit += tapBits;
      place += 2;
    }
  }
  store<u16>(adds, <u16>((add - row) >> 1));
}

/** Write the rows of a block in rising order of their number of additions, equal ones in the order of the filters. */
export function sortFilters(x: LutExpand, lookups: usize, streams: usize): void {
  const filters = x.groupFilters;
  const starts = x.starts;
  for (let n: usize = 0; n <= lookups + 1; n++) store<u16>(starts + (n << 1), 0);
  for (let filter: usize = 0; filter < <usize>filters; filter++) {
    const next = starts + ((<usize>load<u16>(x.adds + (filter << 1)) + 1) << 1);
    store<u16>(next, load<u16>(next) + 1);
  }
  for (let n: usize = 1; n <= lookups; n++) {
    const at = starts + (n << 1);
    store<u16>(at, load<u16>(at) + load<u16>(at - 2));
  }
  const rowBytes = lookups << 1;
  for (let filter: usize = 0; filter < <usize>filters; filter++) {
    const adds = load<u16>(x.adds + (filter << 1));
    const start = starts + (<usize>adds << 1);
    const to = streams + <usize>load<u16>(start) * (HEADER_BYTES + rowBytes);
    store<u16>(start, load<u16>(start) + 1);
    store<u16>(to, adds);
    store<u16>(to + 2, <u16>filter);
    const from = x.rows + filter * rowBytes;
    for (let i: usize = 0; i < rowBytes; i += 2) store<u16>(to + HEADER_BYTES + i, load<u16>(from + i));
  }
}
