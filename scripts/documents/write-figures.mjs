// Draws the paper's figures 2 and 3, by its corrected equations, into docs/figures for docs/analysis.md.
//
//   node scripts/documents/write-figures.mjs [FOLDER]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importSource } from '../modules/import-source.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const [folder = 'docs/figures'] = process.argv.slice(2);
const { densityFigure, quantizationErrorFigure } = await importSource('trainer/src/analysis/index.ts');

const DENSITY_SCALES = [0.3, 0.5, 1, 2, 5];
const ERROR_SCALES = [0.02, 0.05, 0.1, 0.3];
const MAX_OMEGA0 = 60;

mkdirSync(folder, { recursive: true });
write('figure-2-density.svg', await densityFigure('density', DENSITY_SCALES));
const curves = ERROR_SCALES.map((b) => ({ name: `b = ${b}`, b }));
write('figure-3-quantization-error.svg', await quantizationErrorFigure('error', curves, MAX_OMEGA0));

/**
 * @param {string} name
 * @param {string} svg
 */
function write(name, svg) {
  writeFileSync(join(folder, name), `${svg.trimEnd()}\n`);
  console.error(join(folder, name));
}
