import type { EChartsOption } from 'echarts';
import type { EpochMetrics, StepMetrics } from '../run/metrics.js';

/** Epoch labels over both stages: "1.3" is epoch 3 of stage 1. */
const epochLabels = (epochs: readonly EpochMetrics[]): string[] =>
  epochs.map(({ stage, epoch }) => `${stage}.${epoch + 1}`);

interface Line {
  readonly name: string;
  /** null where an epoch has no value. */
  readonly data: readonly (number | null)[];
}

function lines(title: string, labels: readonly string[], series: readonly Line[], yName: string): EChartsOption {
  return {
    title: { text: title, left: 'center', textStyle: { fontSize: 14 } },
    legend: { bottom: 0, show: series.length > 1, type: 'plain' },
    grid: { left: 64, right: 24, top: 44, bottom: series.length > 1 ? 24 + 22 * Math.ceil(series.length / 4) : 44 },
    xAxis: { type: 'category', data: [...labels], name: 'stage.epoch', nameLocation: 'middle', nameGap: 24 },
    yAxis: { type: 'value', name: yName, scale: true },
    series: series.map(({ name, data }) => ({ name, data: [...data], type: 'line', showSymbol: data.length < 30 })),
  };
}

export const lossChart = (epochs: readonly EpochMetrics[]): EChartsOption =>
  lines(
    'Loss',
    epochLabels(epochs),
    [
      { name: 'training, with regulariser', data: epochs.map(({ trainLoss }) => trainLoss) },
      { name: 'test', data: epochs.map(({ testLoss }) => testLoss) },
    ],
    '',
  );

export const accuracyChart = (epochs: readonly EpochMetrics[]): EChartsOption =>
  lines(
    'Top-1 accuracy',
    epochLabels(epochs),
    [
      { name: 'training', data: epochs.map(({ trainAccuracy }) => 100 * trainAccuracy) },
      { name: 'test', data: epochs.map(({ testAccuracy }) => 100 * testAccuracy) },
    ],
    '%',
  );

export const learningRateChart = (epochs: readonly EpochMetrics[]): EChartsOption =>
  lines(
    'Learning rate',
    epochLabels(epochs),
    [{ name: 'learning rate', data: epochs.map(({ learningRate }) => learningRate) }],
    '',
  );

/** The loss of single steps, which an epoch's mean hides. */
export const stepLossChart = (steps: readonly StepMetrics[]): EChartsOption => ({
  title: { text: 'Loss of single steps', left: 'center', textStyle: { fontSize: 14 } },
  grid: { left: 64, right: 24, top: 44, bottom: 44 },
  xAxis: { type: 'value', name: 'step', nameLocation: 'middle', nameGap: 24 },
  yAxis: { type: 'value', scale: true },
  series: [{ type: 'line', showSymbol: false, data: steps.map(({ step, loss }) => [step, loss]) }],
});

/** One line for each binary layer. */
export function layerChart(
  title: string,
  epochs: readonly EpochMetrics[],
  of: (layer: EpochMetrics['layers'][number]) => number | undefined,
): EChartsOption {
  const names = epochs.at(-1)?.layers.map(({ name }) => name) ?? [];
  const series = names.map((name, i) => ({ name, data: epochs.map(({ layers }) => of(layers[i]!) ?? null) }));
  return lines(title, epochLabels(epochs), series, '');
}

/** @param confusion counts, by true class and then by predicted class. */
export function confusionChart(
  confusion: readonly (readonly number[])[],
  classNames: readonly string[],
): EChartsOption {
  const cells = confusion.flatMap((row, label) => {
    const all = Math.max(
      1,
      row.reduce((sum, n) => sum + n, 0),
    );
    return row.map((n, predicted) => ({ value: [predicted, label, n / all], label: { formatter: String(n) } }));
  });
  return {
    title: { text: 'Confusion matrix: rows are the true classes', left: 'center', textStyle: { fontSize: 14 } },
    grid: { left: 110, right: 24, top: 44, bottom: 90 },
    xAxis: { type: 'category', data: [...classNames], axisLabel: { rotate: 45, interval: 0 } },
    yAxis: { type: 'category', data: [...classNames], inverse: true, axisLabel: { interval: 0 } },
    visualMap: { show: false, min: 0, max: 1, inRange: { color: ['#ffffff', '#1f6fb2'] } },
    series: [{ type: 'heatmap', data: cells, label: { show: classNames.length <= 20, fontSize: 10, color: '#222' } }],
  };
}
