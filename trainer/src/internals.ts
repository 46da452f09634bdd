// What the workspace's own benchmarks and documents take of the inside. package.json has this entry only for sources: there is none in
// the package as it is published.
export { CHART_COLORS, renderSvg } from './analysis/render-svg.js';
export { mergePatch } from './config/merge-patch.js';
export { CONFIG } from './config/schema.js';
export { METHODS } from './methods/index.js';
export { ARCHITECTURES } from './models/index.js';
export { styleOf } from './models/method-style.js';
export { seededRandom } from './random.js';
export { cacheFolder, type Machine, THIS_MACHINE } from './setup/machine.js';
export { SWEEP } from './sweep/schema.js';
