import { escapeHtml, visible } from '@signwave/format';
import type { EChartsOption } from 'echarts';
import { layerDensityFigure } from '../analysis/figures.js';
import { latentWeightStatistics } from '../analysis/latent-weights.js';
import { type ChartSize, renderSvg } from '../analysis/render-svg.js';
import type { TrainConfig } from '../config/parse-config.js';
import type { Evaluation } from '../run/evaluate.js';
import type { EpochMetrics, Metrics, StepMetrics } from '../run/metrics.js';
import { accuracyChart, confusionChart, layerChart, learningRateChart, lossChart, stepLossChart } from './charts.js';

const CHART: ChartSize = { width: 640, height: 360 };
const TALL_CHART: ChartSize = { width: 960, height: 520 };
const MATRIX: ChartSize = { width: 760, height: 640 };
/** How many layers have their wave drawn: the first, the last and some between. */
const WAVES = 6;

export interface ReportContent {
  readonly config: TrainConfig;
  /** What the network was trained on: "TensorFlow 2.21.0, CPU". */
  readonly device: string;
  /** Holds at least one epoch. */
  readonly metrics: readonly Metrics[];
  /** Latent weights of the binary layers. */
  readonly layers: readonly { readonly name: string; readonly weights: Float32Array }[];
  /** Result of the last epoch, if this process ran it. */
  readonly evaluation: Evaluation | undefined;
  readonly classNames: readonly string[];
}

/** A self-contained page without scripts, fonts or links; the charts in it are SVG. */
export async function reportHtml(content: ReportContent): Promise<string> {
  const { config, device, metrics, layers, evaluation, classNames } = content;
  const epochs = metrics.filter((it): it is EpochMetrics => it.kind === 'epoch');
  const steps = metrics.filter((it): it is StepMetrics => it.kind === 'step');
  const best = epochs.reduce((a, b) => (lastOf(b, a) ? b : a));
  const draw = (id: string, option: EChartsOption, size: ChartSize = CHART) => renderSvg(id, option, size);
  const charts = [
    await draw('loss', lossChart(epochs)),
    await draw('accuracy', accuracyChart(epochs)),
    await draw('rate', learningRateChart(epochs)),
    ...(steps.length > 1 ? [await draw('steps', stepLossChart(steps))] : []),
  ];
  const quantization: string[] = [];
  if (layers.length > 0) {
    const error = layerChart('Quantization error by layer (eq. 15)', epochs, (layer) => layer.quantizationError);
    const scale = layerChart('b by layer: mean |w|', epochs, ({ b }) => b);
    quantization.push(await draw('error', error, TALL_CHART), await draw('scale', scale, TALL_CHART));
    if (epochs.some(({ flipRatio }) => flipRatio !== undefined)) {
      const flips = layerChart(
        'Flip ratio by layer: signs that changed in the epoch',
        epochs,
        ({ flipRatio }) => flipRatio,
      );
      quantization.push(await draw('flips', flips, TALL_CHART));
    }
  }
  for (const [i, { name, weights }] of spread(layers, WAVES).entries()) {
    const figure = await layerDensityFigure(`wave${i}`, { name, ...latentWeightStatistics(weights, config.omega0) });
    quantization.push(
      `<figure>${figure}<figcaption>${escapeHtml(name)}: sin(omega0 w), bars; eq. 14 for its b, line</figcaption></figure>`,
    );
  }
  const matrix = evaluation?.confusion
    ? await draw('confusion', confusionChart(evaluation.confusion, classNames.map(visible)), MATRIX)
    : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(config.architecture)}: training</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }
  svg { margin: .5rem; max-width: 100%; height: auto; }
  figure { display: inline-block; margin: .5rem; text-align: center; }
  pre { background: #f4f4f4; padding: 1rem; overflow: auto; }
</style>
<h1>${escapeHtml(config.architecture)} on ${escapeHtml(config.data.format)}</h1>
<p>Best test accuracy of the last stage: <b>${(100 * best.testAccuracy).toFixed(2)} %</b>, in epoch ${best.epoch + 1} of stage ${best.stage}.
Trained on ${escapeHtml(device)}, ${epochs.length} epochs, ${epochs.at(-1)!.step} steps, omega0 = ${config.omega0}.</p>
${charts.join('\n')}
${quantization.length > 0 ? '<h2>Quantization</h2>' : ''}
${quantization.join('\n')}
${matrix === '' ? '' : `<h2>Test images after the last epoch</h2>\n${matrix}`}
<h2>Config</h2>
<pre>${JSON.stringify(config, null, 2).split('\n').map(escapeHtml).join('\n')}</pre>
</html>
`;
}

/** Whether `a` is preferred to `b`: it belongs to a later stage, or is a better epoch of the same one. */
const lastOf = (a: EpochMetrics, b: EpochMetrics): boolean =>
  a.stage > b.stage || (a.stage === b.stage && a.testAccuracy > b.testAccuracy);

/** At most `count` items, evenly spread, including the first and the last. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
