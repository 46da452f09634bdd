import { escapeHtml } from '@signwave/format';
import {
  type LatentWeightTotals,
  type LayerStatistics,
  layerDensityFigure,
  layerErrorsFigure,
  quantizationErrorFigure,
} from '@signwave/trainer';

/** Quantization of a BiPer checkpoint's latent weights. */
export interface Analysis {
  readonly checkpoint: string;
  readonly omega0: number;
  /** `--omega0`, or the file that says it. */
  readonly omega0From: string;
  readonly layers: readonly LayerStatistics[];
  readonly totals: LatentWeightTotals;
}

/** A page of its own, without scripts: each layer's numbers, its quantization error, and the density of sin(omega0 w). */
export async function analysisHtml(analysis: Analysis): Promise<string> {
  const { checkpoint, omega0, layers, totals } = analysis;
  const scales = layers.map((layer) => layer.b);
  const curves = [
    { name: 'smallest b', b: Math.min(...scales) },
    { name: 'mean b', b: totals.meanB },
    { name: 'largest b', b: Math.max(...scales) },
  ].map(({ name, b }) => ({ name: `${name}: ${b.toFixed(4)}`, b }));
  const overOmega0 = await quantizationErrorFigure('omega0', curves, Math.ceil(omega0 * 3), omega0);
  const overLayers = await layerErrorsFigure('layers', layers);
  const densities: string[] = [];
  for (const [i, layer] of layers.entries()) densities.push(await layerDensityFigure(`layer-${i}`, layer));
  const rows = layers.map((layer) => {
    const numbers = [layer.weights, ...[layer.b, layer.omega0B, layer.gamma].map(fixed)];
    const errors = [layer.quantizationError, layer.laplaceQuantizationError, layer.authorsQuantizationError].map(fixed);
    const cells = [...numbers, ...errors].map((text) => `<td>${text}</td>`).join('');
    return `<tr><th>${escapeHtml(layer.name)}</th>${cells}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(checkpoint)}: quantization error</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark; }
  table { border-collapse: collapse; }
  th, td { padding: .2rem .6rem; text-align: right; font-variant-numeric: tabular-nums; }
  th:first-child { text-align: left; }
  p { max-width: 46rem; }
  svg { border-radius: 6px; margin: 0 .5rem .5rem 0; max-width: 100%; height: auto; }
</style>
<h1>${escapeHtml(checkpoint)}</h1>
<p>omega0 = ${omega0} (${escapeHtml(analysis.omega0From)}). ${totals.layers} binary layers, ${totals.weights} weights: mean b ${fixed(totals.meanB)},
mean quantization error ${fixed(totals.meanQuantizationError)}.
The authors' script would print QE ${totals.authorsQuantizationError.toFixed(4)} and b ${totals.authorsB.toFixed(4)}, both summed over layers.</p>
<p>b is the scale of the Laplace distribution that fits the latent weights w best, mean |w|; gamma is mean |sin(omega0 w)|; QE is the mean of
(|sin(omega0 w)| - gamma)<sup>2</sup>, and the Laplace QE what the paper's corrected equations give for the layer's b.
The authors' QE is the mean of |sin(omega0 w) - sign(sin(omega0 w))|.</p>
<table>
<tr><th>layer</th><th>weights</th><th>b</th><th>omega0 b</th><th>gamma</th><th>QE</th><th>Laplace QE</th><th>authors' QE</th></tr>
${rows.join('\n')}
</table>
<h2>Quantization error</h2>
${overLayers}
${overOmega0}
<h2>Density of sin(omega0 w)</h2>
<p>Bars are the layer's weights, the line is the density of Laplace weights with the same b (eq. 14), averaged over the same bins.</p>
${densities.join('\n')}
</html>
`;
}

function fixed(value: number): string {
  return value.toFixed(5);
}
