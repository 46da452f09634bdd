import { isAt } from './preconditions';
import { LutExpand } from './records';

// lut-expand.ts — from the bits of filters to the streams that lut-gemm.ts reads; run once, when a model is loaded.
//
// A look-up takes the bits of one tap and one slice of the channels: the row of the table. If the top bit is set, the row of
// the complement is subtracted instead (lut-tables.ts).

/** Before a filter's look-ups lie two u16: how many of them are added, and which filter it is. */
const HEADER_BYTES: usize = 4;

/**
 * The streams of all groups and blocks, one after the other.
 *
 * Requires at least one group, filter, channel and tap; tables of 4, 6 or 8 channels, as many as the channels of a group fill;
 * rows of whole pairs of vectors; and so few tables in a block that every offset fits a u16. One byte behind the weights may be read.
 *
 * @section load
 * @takes bits -> u16 offsets
 * @tile 1 filter x 1 tap x a slice
 * @chosen once for each convolution by look-up tables
 * @room lut-streams.ts
 */
export function expandLut(x: LutExpand): void {
  checkLutExpand(x);
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

/**
 * One filter's look-ups of a block: additions from the front of `row`, subtractions from its back.
 *
 * Requires at least one table, none behind the last of the record.
 *
 * @param firstBit of the filter in `weights`. @param row u16 (tables * taps). @param adds u16: how many are additions.
 */
export function expandFilter(x: LutExpand, firstBit: usize, firstTable: i32, tables: i32, row: usize, adds: usize): void {
  if (!ASC_NO_ASSERT) {
    assert(firstTable >= 0 && tables >= 1 && firstTable + tables <= x.slices, 'the slices are some of the record');
    assert(isAt(row, 2) && isAt(adds, 2), 'look-ups and their number are u16');
  }
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
      if (!ASC_NO_ASSERT) assert(offset < 65_536, 'an offset fits a u16');
      subtract += minus << 1;
      store<u16>(minus ? subtract : add, offset);
      add += <usize>(2 + (minus << 1));
      bit += tapBits;
      place += 2;
    }
  }
  store<u16>(adds, <u16>((add - row) >> 1));
}

/**
 * Write the rows of a block in rising order of their number of additions, equal ones in the order of the filters.
 *
 * Requires what {@link expandFilter} wrote for every filter of the group: no row has more additions than look-ups.
 */
export function sortFilters(x: LutExpand, lookups: usize, streams: usize): void {
  if (!ASC_NO_ASSERT) {
    assert(lookups >= 1 && x.groupFilters >= 1, 'there is a look-up');
    assert(isAt(streams, 2) && isAt(x.rows, 2) && isAt(x.adds, 2) && isAt(x.starts, 2), 'streams and scratch are u16');
  }
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
    if (!ASC_NO_ASSERT) assert(<usize>adds <= lookups, 'a row has no more additions than look-ups');
    const start = starts + (<usize>adds << 1);
    const to = streams + <usize>load<u16>(start) * (HEADER_BYTES + rowBytes);
    store<u16>(start, load<u16>(start) + 1);
    store<u16>(to, adds);
    store<u16>(to + 2, <u16>filter);
    const from = x.rows + filter * rowBytes;
    for (let i: usize = 0; i < rowBytes; i += 2) store<u16>(to + HEADER_BYTES + i, load<u16>(from + i));
  }
}

@inline
function checkLutExpand(x: LutExpand): void {
  if (ASC_NO_ASSERT) return;
  const channels = x.tableChannels;
  assert(x.groups >= 1 && x.groupFilters >= 1 && x.groupFilters <= 65_536, 'there is a filter, and its number fits a u16');
  assert(x.groupChannels >= 1 && x.taps >= 1, 'a filter has a weight');
  assert(channels == 4 || channels == 6 || channels == 8, 'a table has 4, 6 or 8 channels');
  assert(x.slices == (x.groupChannels + channels - 1) / channels, 'the slices have all channels of a group');
  assert(x.blockSlices >= 1 && x.blockSlices <= x.slices, 'a block has a slice');
  assert(x.rowBytes >= 32 && x.rowBytes % 32 == 0, 'a row is pairs of vectors');
  assert(x.weights != 0, 'there are weights');
  assert(isAt(x.places, 2) && isAt(x.streams, 2), 'places and streams are u16');
}

/** What look-ups require of a filter's stream, whose first u16 are its additions and its filter. */
@inline
export function checkStream(stream: usize, filters: i32, lookups: i32): void {
  if (ASC_NO_ASSERT) return;
  assert(<i32>load<u16>(stream) <= lookups, 'a filter has no more additions than look-ups');
  assert(<i32>load<u16>(stream, 2) < filters, 'the filter is one of its group');
}
