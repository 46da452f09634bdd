import { lookUpBlock } from './lut-gemm';
import { buildTable } from './lut-tables';
import { planeEpilogue, planeThreshold } from './plane-epilogue';
import { LutConv, PlaneEpilogue } from './records';

/**
 * Binary convolution by look-up tables, strip of lanes by strip: build the tables of a block of channels, look up the weights
 * of every filter in them, and finish the strip while its sums are still in the cache.
 */
export function convLut(c: LutConv): void {
  const e = changetype<PlaneEpilogue>(c.epilogue);
  const chunkLanes = <usize>c.vectors << 4;
  const stripLanes = <usize>c.stripChunks * chunkLanes;
  const tableBytes = c.rowBytes << <usize>(c.tableChannels - 1);
  const planesBytes = <usize>c.tableChannels << 2;
  const wideSums = c.blocks > 1 ? c.wideSums : 0;
  for (let chunk = 0; chunk < c.chunks; chunk += c.stripChunks) {
    const lane = <usize>chunk * chunkLanes;
    const stripChunks = min(c.stripChunks, c.chunks - chunk);
    const lanes = min(stripLanes, <usize>c.lanes - lane);
    let planes = c.planes;
    let streams = c.streams;
    for (let group = 0; group < c.groups; group++) {
      for (let block = 0; block < c.blocks; block++) {
        const isLast = block == c.blocks - 1;
        const lookups = isLast ? c.lastLookups : c.blockLookups;
        let table = c.tables;
        for (let n = isLast ? c.lastTables : c.blockTables; n > 0; n--) {
          buildTable(c.input + lane, planes, table, c.rowBytes, c.tableChannels);
          planes += planesBytes;
          table += tableBytes;
        }
        for (let n = 0; n < stripChunks; n++) {
          const at = <usize>n * chunkLanes;
          lookUpBlock(
            c.vectors, c.tables + at, streams, c.groupFilters, lookups, c.sums + at, c.wideSums + (at << 1), stripLanes,
            block, c.blocks,
          );
        }
        streams += <usize>(c.groupFilters * (4 + (lookups << 1)));
      }
      let sums = c.sums;
      let wide = wideSums;
      for (let filter = 0; filter < c.groupFilters; filter++) {
        const channel = group * c.groupFilters + filter;
        if (e.sumThresholds) planeThreshold(e, channel, sums, wide, lane, lanes);
        else planeEpilogue<i8>(e, channel, sums, wide, lane, lanes);
        sums += stripLanes;
        if (wide) wide += stripLanes << 1;
      }
    }
  }
}
