export {
  densityFigure,
  type LayerStatistics,
  layerDensityFigure,
  layerErrorsFigure,
  quantizationErrorFigure,
} from './figures.js';
export {
  optimalScale,
  QUANTIZATION_ERROR_LIMIT,
  quantizationError,
  sineDensity,
  sineDistribution,
  WORST_OMEGA0_B,
} from './laplace-sine.js';
export {
  HISTOGRAM_BINS,
  type LatentWeightStatistics,
  type LatentWeightTotals,
  latentWeightStatistics,
  latentWeightTotals,
  waveOf,
} from './latent-weights.js';
export { CHART_COLORS, CHART_STYLE, type ChartSize, renderSvg } from './render-svg.js';
