import { buildFloatTable, lookUpFloats } from './float-tables';
import { lookUpBlock } from './lut-gemm';
import { buildTable } from './lut-tables';
import { finishFloats, finishSums, planeThreshold } from './plane-epilogue';
import { LutConv, PlaneEpilogue } from './records';

/** 1-bit weights on signs. */
export function convLut(c: LutConv): void {
  convOf<i8>(c);
}

/** 1-bit weights on floats. */
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
