import { CHART_COLORS, renderSvg } from '@signwave/trainer/internals';
import type { EChartsOption } from 'echarts';
import { DEFAULT_FAMILY } from '../families.js';
import { type Bench, timingOf } from '../results.js';
import { shapeTitle } from '../shapes.js';
import { networkTitle } from './tables.js';

const WIDTH = 860;
const ROW_HEIGHT = 15;
const FRAME_HEIGHT = 205;
/** Long titles are broken into lines. */
const LABEL = { width: 200, overflow: 'break' } as const;

/**
 * A chart of bars: how many times as long other engines take for the networks, and for the first set's layers, alone and as whole calls.
 */
export async function layerChart(bench: Bench): Promise<string> {
  const engines = bench.engines.filter(({ id }) => id !== DEFAULT_FAMILY.id);
  const layers = bench.layers[0]?.layers ?? [];
  const rows = [
    ...bench.networks.map((network) => ({ title: plain(networkTitle(network)), timings: network.timings })),
    ...layers.map(({ shape, timings }) => ({ title: `layer: ${shapeTitle(shape)}`, timings })),
    ...layers.map(({ shape, callTimings }) => ({ title: `whole call: ${shapeTitle(shape)}`, timings: callTimings })),
  ];
  const series = engines
    .map(({ id, title }) => ({
      type: 'bar' as const,
      name: title,
      data: rows.map(({ timings }) => {
        const ratio = (timingOf(timings, id)?.medianMs ?? 0) / timingOf(timings, DEFAULT_FAMILY.id)!.medianMs;
        return ratio > 0 ? Number(ratio.toFixed(2)) : null;
      }),
      label: { show: true, position: 'right' as const, formatter: '{c}x', fontSize: 10 },
    }))
    .filter(({ data }) => data.some((ratio) => ratio !== null));
  const option: EChartsOption = {
    // More colors than other charts need.
    color: [...CHART_COLORS, '#555555', '#b0a030'],
    title: { text: 'Time of other engines / time of signwave', textStyle: { fontSize: 14 }, left: 8, top: 6 },
    legend: { top: 32, left: 8, itemHeight: 10, itemGap: 36 },
    grid: { left: 250, right: 60, top: 165, bottom: 28 },
    xAxis: { type: 'value', min: 0, axisLabel: { formatter: '{value}x' } },
    yAxis: { type: 'category', data: rows.map(({ title }) => title), inverse: true, axisLabel: LABEL },
    series,
  };
  return renderSvg('bench', option, { width: WIDTH, height: FRAME_HEIGHT + rows.length * series.length * ROW_HEIGHT });
}

/** @returns a title without its Markdown. */
function plain(title: string): string {
  return title.replaceAll('`', '');
}
