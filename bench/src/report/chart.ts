import type { EChartsOption } from 'echarts';
import { CHART_COLORS, renderSvg } from '../../../trainer/src/analysis/render-svg.js';
import { DEFAULT_FAMILY } from '../families.js';
import { type Bench, timingOf } from '../results.js';
import { shapeTitle } from '../shapes.js';

const WIDTH = 860;
const ROW_HEIGHT = 19;
const FRAME_HEIGHT = 120;

/** Bars: how many times as long other engines take for the layers of the first set, and for the networks. */
export async function layerChart(bench: Bench): Promise<string> {
  const engines = bench.engines.filter(({ id }) => id !== DEFAULT_FAMILY.id);
  const rows = [
    ...(bench.layers[0]?.layers ?? []).map(({ shape, timings }) => ({ title: shapeTitle(shape), timings })),
    ...bench.networks,
  ];
  const series = engines
    .map(({ id, title }) => ({
      type: 'bar' as const,
      name: title,
      data: rows.map(({ timings }) => {
        const theirs = timingOf(timings, id);
        return theirs ? Number((theirs.medianMs / timingOf(timings, DEFAULT_FAMILY.id)!.medianMs).toFixed(2)) : null;
      }),
      label: { show: true, position: 'right' as const, formatter: '{c}x', fontSize: 10 },
    }))
    .filter(({ data }) => data.some((ratio) => ratio !== null));
  const option: EChartsOption = {
    // One more than others need.
    color: [...CHART_COLORS, '#555555'],
    title: { text: 'Time of other engines / time of signwave', textStyle: { fontSize: 14 }, left: 8, top: 6 },
    legend: { top: 32, left: 8, itemHeight: 10 },
    grid: { left: 230, right: 60, top: 82, bottom: 28 },
    xAxis: { type: 'value', min: 0, axisLabel: { formatter: '{value}x' } },
    yAxis: { type: 'category', data: rows.map(({ title }) => title), inverse: true },
    series,
  };
  return renderSvg('bench', option, { width: WIDTH, height: FRAME_HEIGHT + rows.length * series.length * ROW_HEIGHT });
}
