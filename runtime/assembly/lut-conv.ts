import { buildFloatTable, lookUpFloats } from './float-tables';
import { lookUpBlock } from './lut-gemm';
import { buildTable } from './lut-tables';
import { isAt } from './preconditions';
import { finishFloats, finishSums, planeThreshold } from './plane-epilogue';
import { LutConv } from './records';

/**
 * 1-bit weights on signs.
 *
 * Requires, beside what {@link checkLutConv} says: tables of 4, 6 or 8 channels, 2 to 7 vectors of lanes, and so few look-ups in a
 * block that the sum of their halves fits an i8. All sums of halves fit an i16: a filter has at most 65,534 taps.
 *
 * @section planes
 * @takes i8 signs x bits -> i16, then f32 or i8 signs
 * @tile 1 filter x 2 to 7 vectors of 16 lanes x 4, 6 or 8 channels
 * @chosen `conv` of signs with 1-bit weights and an even number of channels, where the estimate, or with `tune` a trial, finds tables faster than `convBits`
 * @room conv-lut.ts
 */
export function convLut(c: LutConv): void {
  convOf<i8>(c);
}

/**
 * 1-bit weights on floats.
 *
 * Requires, beside what {@link checkLutConv} says: tables of 4 or 6 channels, 8 or 10 vectors of lanes, strips of whole
 * multiples of 16 lanes, and an epilogue without integer thresholds.
 *
 * @section planes
 * @takes f32 x bits -> f32, then f32
 * @tile 1 filter x 8 or 10 vectors of 4 lanes x 4 or 6 channels
 * @chosen `conv` of floats that aren't signs with 1-bit weights, of at least 4 channels and 4 filters, where no sign depends on the order of the sums
 * @room conv-float-lut.ts
 */
export function convFloatLut(c: LutConv): void {
  convOf<f32>(c);
}

/**
 * Convolution by look-up tables, strip of lanes by strip: build the tables of a block of channels, look up the weights
 * of every filter in them, and finish the strip while its sums are still in the cache.
 *
 * @param S elements of the planes: i8 signs or f32.
 */
@inline
function convOf<S>(c: LutConv): void {
  checkLutConv<S>(c);
  const e = c.epilogue;
  const chunkLanes = <usize>c.vectors * (16 / sizeof<S>());
  const stripLanes = <usize>c.stripChunks * chunkLanes;
  const tableBytes = c.rowBytes << <usize>(c.tableChannels - 1);
  const planesBytes = <usize>c.tableChannels << 2;
  const wideSums = isInteger<S>() && c.blocks > 1 ? c.wideSums : 0;
  for (let chunk = 0; chunk < c.chunks; chunk += c.stripChunks) {
    const lane = <usize>chunk * chunkLanes;
    const stripChunks = min(c.stripChunks, c.chunks - chunk);
    const lanes = min(stripLanes, <usize>c.lanes - lane);
    const input = c.input + lane * sizeof<S>();
    let planes = c.planes;
    let streams = c.streams;
    for (let group = 0; group < c.groups; group++) {
      for (let block = 0; block < c.blocks; block++) {
        const isLast = block == c.blocks - 1;
        const lookups = isLast ? c.lastLookups : c.blockLookups;
        let table = c.tables;
        for (let n = isLast ? c.lastTables : c.blockTables; n > 0; n--) {
          if (isInteger<S>()) buildTable(input, planes, table, c.rowBytes, c.tableChannels);
          else buildFloatTable(input, planes, table, c.rowBytes, c.tableChannels);
          planes += planesBytes;
          table += tableBytes;
        }
        for (let n = 0; n < stripChunks; n++) {
          const at = <usize>n * chunkLanes * sizeof<S>();
          if (isInteger<S>()) {
            lookUpBlock(
              c.vectors, c.tables + at, streams, c.groupFilters, lookups, c.sums + at, c.wideSums + (at << 1), stripLanes,
              block, c.blocks,
            );
          } else {
            lookUpFloats(c.vectors, c.tables + at, streams, c.groupFilters, lookups, c.sums + at, stripLanes, block == 0);
          }
        }
        streams += <usize>(c.groupFilters * (4 + (lookups << 1)));
      }
      let sums = c.sums;
      let wide = wideSums;
      for (let filter = 0; filter < c.groupFilters; filter++) {
        const channel = group * c.groupFilters + filter;
        if (isInteger<S>() && e.sumThresholds) planeThreshold(e, channel, sums, wide, lane, lanes);
        else if (isInteger<S>()) finishSums(e, channel, sums, wide, lane, lanes);
        else finishFloats(e, channel, sums, lane, lanes);
        sums += stripLanes * sizeof<S>();
        if (wide) wide += stripLanes << 1;
      }
    }
  }
}

/** What convolutions by tables require of their record. */
@inline
function checkLutConv<S>(c: LutConv): void {
  if (ASC_NO_ASSERT) return;
  const chunkLanes = c.vectors * (16 / <i32>sizeof<S>());
  const channels = c.tableChannels;
  assert(c.groups >= 1 && c.groupFilters >= 1, 'there is a filter');
  assert(c.blocks >= 1, 'there is a block of tables');
  assert(c.lastTables >= 1 && c.lastTables <= c.blockTables, 'no block has more tables than the others');
  assert(c.lastLookups >= 1 && c.lastLookups <= c.blockLookups, 'no block has more look-ups than the others');
  assert(c.stripChunks >= 1, 'a strip has a chunk');
  assert(c.lanes >= 16 && c.lanes % 16 == 0, 'the epilogue finishes whole vectors of 16 lanes');
  assert((c.chunks - 1) * chunkLanes < c.lanes && c.lanes <= c.chunks * chunkLanes, 'the chunks cover the lanes');
  assert(c.rowBytes % 32 == 0, 'a row is pairs of vectors');
  assert(c.rowBytes >= <usize>min(c.stripChunks * chunkLanes, c.lanes) * sizeof<S>(), 'a row has the lanes of a strip');
  assert(<usize>c.blockTables * (c.rowBytes << <usize>(channels - 1)) <= 65_536, 'offsets into the tables of a block fit u16');
  assert(isAt(c.planes, 4) && isAt(c.streams, 2), 'planes are u32, streams u16');
  assert(isAt(c.input, sizeof<S>()) && isAt(c.tables, sizeof<S>()) && isAt(c.sums, sizeof<S>()), 'planes, tables and sums are there');
  assert(changetype<usize>(c.epilogue) != 0, 'there is an epilogue');
  if (isInteger<S>()) {
    assert(channels == 4 || channels == 6 || channels == 8, 'a table has 4, 6 or 8 channels');
    assert(c.vectors >= 2 && c.vectors <= 7, 'a look-up adds 2 to 7 vectors');
    assert(c.blockLookups * (channels >> 1) <= 126, 'the halves of a block fit an i8, and none is 127');
    assert(c.blocks == 1 || isAt(c.wideSums, 2), 'several blocks have wide sums');
  } else {
    assert(channels == 4 || channels == 6, 'a table of floats has 4 or 6 channels');
    assert(c.vectors == 8 || c.vectors == 10, 'a look-up adds 8 or 10 vectors of floats');
    assert(c.stripChunks * chunkLanes % 16 == 0, 'a strip is whole vectors of 16 lanes');
  }
}
