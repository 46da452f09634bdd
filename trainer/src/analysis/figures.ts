import type { EChartsOption, LineSeriesOption, ScatterSeriesOption } from 'echarts';
import {
  QUANTIZATION_ERROR_LIMIT,
  quantizationError,
  sineDensity,
  sineDistribution,
  WORST_OMEGA0_B,
} from './laplace-sine.js';
import { HISTOGRAM_BINS, type LatentWeightStatistics } from './latent-weights.js';
import { type ChartSize, renderSvg } from './render-svg.js';

type Point = [x: number, y: number];

/** A binary layer by its name in the checkpoint. */
export interface LayerStatistics extends LatentWeightStatistics {
  readonly name: string;
}

const FIGURE: ChartSize = { width: 640, height: 400 };
const SMALL_FIGURE: ChartSize = { width: 360, height: 220 };
const CURVE_POINTS = 241;
/** The density is infinite at -1 and 1, so the curve is cut off here. */
const DENSITY_EDGE = 0.99999;

/**
 * Figure 2 of the paper: density of sin(omega0 w) for omega0 = 1 and some b, eq. 14.
 *
 * @param scales values of b.
 */
export function densityFigure(id: string, scales: readonly number[]): Promise<string> {
  const angles = range(-Math.asin(DENSITY_EDGE), Math.asin(DENSITY_EDGE));
  return renderSvg(
    id,
    {
      ...layout(),
      xAxis: axis('sin(w)', { min: -1, max: 1 }),
      yAxis: axis('density', { min: 0, max: 2.5 }),
      series: scales.map((b) =>
        line(
          `b = ${b}`,
          angles.map((t): Point => [Math.sin(t), sineDensity(Math.sin(t), b)]),
        ),
      ),
    },
    FIGURE,
  );
}

/**
 * Figure 3 of the paper: quantization error against omega0 for some b, eq. 17 and 18, with its largest value and its limit.
 *
 * @param curves values of b, with their names.
 * @param marked an omega0 to mark.
 */
export function quantizationErrorFigure(
  id: string,
  curves: readonly { readonly name: string; readonly b: number }[],
  maxOmega0: number,
  marked?: number,
): Promise<string> {
  const omegas = range(0, maxOmega0).slice(1);
  const series: LineSeriesOption[] = curves.map(({ name, b }) =>
    line(name, [[0, 0], ...omegas.map((omega0): Point => [omega0, quantizationError(omega0 * b)])]),
  );
  const [first, ...others] = series;
  const vertical = marked === undefined ? [] : [{ xAxis: marked, label: { formatter: `omega0 = ${marked}` } }];
  return renderSvg(
    id,
    {
      ...layout(),
      xAxis: axis('omega0', { min: 0, max: maxOmega0 }),
      yAxis: axis('quantization error', { min: 0, max: 0.12 }),
      series: [{ ...first, markLine: markLine([...horizontals(), ...vertical]) }, ...others],
    },
    FIGURE,
  );
}

/** The quantization error of each layer's weights (eq. 15) over omega0 b, beside that of Laplace-distributed weights (eq. 17). */
export function layerErrorsFigure(id: string, layers: readonly LayerStatistics[]): Promise<string> {
  const largest = Math.max(2, ...layers.map((layer) => layer.omega0B));
  const maximum = Math.ceil(largest * 1.1 * 2) / 2;
  const xs = range(0, maximum).slice(1);
  const measured: ScatterSeriesOption = {
    type: 'scatter',
    name: 'layers, measured (eq. 15)',
    symbolSize: 8,
    data: layers.map((layer) => [layer.omega0B, layer.quantizationError]),
  };
  const curve = line('Laplace weights (eq. 17)', [[0, 0], ...xs.map((x): Point => [x, quantizationError(x)])]);
  return renderSvg(
    id,
    {
      ...layout(),
      xAxis: axis('omega0 b', { min: 0, max: maximum }),
      yAxis: axis('quantization error', { min: 0, max: 0.14 }),
      series: [{ ...curve, markLine: markLine(horizontals()) }, measured],
    },
    FIGURE,
  );
}

/** A histogram of a layer's sin(omega0 w) as a density, beside eq. 14 with the layer's b, averaged over the same bins. */
export function layerDensityFigure(id: string, layer: LayerStatistics): Promise<string> {
  const width = 2 / HISTOGRAM_BINS;
  const edges = Array.from({ length: HISTOGRAM_BINS + 1 }, (_, i) => i * width - 1);
  const centres = edges.slice(0, -1).map((edge) => edge + width / 2);
  const series: EChartsOption['series'] = [
    {
      type: 'bar',
      name: 'weights',
      barWidth: '96%',
      itemStyle: { color: '#9ecae1' },
      data: layer.histogram.map((n, i): Point => [centres[i]!, n / (layer.weights * width)]),
    },
  ];
  if (layer.omega0B > 0) {
    const predicted = centres.map((centre, i): Point => {
      const share = sineDistribution(edges[i + 1]!, layer.omega0B) - sineDistribution(edges[i]!, layer.omega0B);
      return [centre, share / width];
    });
    series.push({
      ...line('eq. 14', predicted),
      itemStyle: { color: '#d55e00' },
      lineStyle: { width: 1.5, color: '#d55e00' },
    });
  }
  return renderSvg(
    id,
    {
      title: { text: layer.name, left: 8, top: 6, textStyle: { fontSize: 13, fontWeight: 'normal' } },
      grid: { left: 40, right: 16, top: 34, bottom: 28 },
      xAxis: { type: 'value', min: -1, max: 1, interval: 0.5 },
      yAxis: { type: 'value', min: 0, axisLine: { onZero: false } },
      series,
    },
    SMALL_FIGURE,
  );
}

/** `CURVE_POINTS` evenly spaced numbers from `from` to `to`. */
function range(from: number, to: number): number[] {
  return Array.from({ length: CURVE_POINTS }, (_, i) => from + ((to - from) * i) / (CURVE_POINTS - 1));
}

function line(name: string, data: Point[]): LineSeriesOption {
  return { type: 'line', name, data, showSymbol: false, clip: true };
}

function layout(): EChartsOption {
  return {
    legend: { top: 8, icon: 'roundRect', itemHeight: 4, itemGap: 24 },
    grid: { left: 64, right: 24, top: 44, bottom: 48 },
  };
}

function axis(name: string, limits: { readonly min: number; readonly max: number }) {
  return {
    type: 'value' as const,
    name,
    nameLocation: 'middle' as const,
    nameGap: 32,
    axisLine: { onZero: false },
    ...limits,
  };
}

function horizontals() {
  return [
    {
      yAxis: quantizationError(WORST_OMEGA0_B),
      label: { formatter: 'largest: 0.1028 at omega0 b = 0.955', position: 'insideStartTop' as const },
    },
    {
      yAxis: QUANTIZATION_ERROR_LIMIT,
      label: { formatter: '1/2 - 4/π² = 0.0947', position: 'insideEndBottom' as const },
    },
  ];
}

function markLine(data: NonNullable<LineSeriesOption['markLine']>['data']): NonNullable<LineSeriesOption['markLine']> {
  return {
    symbol: 'none',
    precision: 6,
    silent: true,
    lineStyle: { type: 'dashed', color: '#666' },
    label: { color: '#444' },
    ...(data && { data }),
  };
}
