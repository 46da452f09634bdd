// Writes the tables of docs/larq.md: of larq's zoo, from what test/oracle/larq-networks.test.ts found, docs/larq-zoo.json; and of speed, from
// bench/larq-results.json, if `node bench/scripts/larq.mjs --write` has measured it.
//
//   SIGNWAVE_LARQ_FACTS=docs/larq-zoo.json SIGNWAVE_LARQ_PYTHON=... npx vitest run test/oracle/larq-networks.test.ts
//   node scripts/documents/write-larq.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withFigures } from '../modules/figures.mjs';
import { importSource } from '../modules/import-source.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = 'docs/larq.md';
const FACTS = 'docs/larq-zoo.json';
/** @type {[string, string]} */
const SPEED_MARKERS = ['<!-- speed: written by scripts/documents/write-larq.mjs, do not edit -->', '<!-- /speed -->'];
/** @type {[string, string]} */
const ZOO_MARKERS = ['<!-- zoo: written by scripts/documents/write-larq.mjs, do not edit -->', '<!-- /zoo -->'];

/** All of larq's zoo but DoReFaNet, on which the engine's converter crashes. */
export const LARQ_ZOO =
  'QuickNetSmall QuickNet QuickNetLarge BinaryResNetE18 BiRealNet BinaryDenseNet28 BinaryDenseNet37 BinaryDenseNet37Dilated BinaryDenseNet45 MeliusNet22 BinaryAlexNet RealToBinaryNet XNORNet'.split(
    ' ',
  );

/**
 * @typedef {object} Facts as the test writes them.
 * @property {string} network
 * @property {number} tfliteBytes
 * @property {number} fileBytes
 * @property {number} operators
 * @property {number} exact
 * @property {number} sumDifference
 * @property {number} outputDifference
 * @property {number} differingSigns
 */

/**
 * The page with the table of what was found.
 *
 * @param {readonly string[]} speed what bench/src/report/larq.ts makes of the results
 */
export function larqDocument(speed) {
  const page = withFigures(readFileSync(`${ROOT}${PAGE}`, 'utf8'), SPEED_MARKERS, speed);
  /** @type {{ networks: Facts[] }} */
  const { networks } = JSON.parse(readFileSync(`${ROOT}${FACTS}`, 'utf8'));
  const rows = LARQ_ZOO.map((name) => {
    const it = networks.find(({ network }) => network === name);
    if (!it) return `| ${name} | - | - | not run here | - |`;
    const sums = it.exact < it.operators ? `, the others within ${share(it.sumDifference)}` : '';
    const signs =
      it.differingSigns > 0 ? `, since ${it.differingSigns} signs at their thresholds differ in one layer` : '';
    const cells = [
      it.network,
      megabytes(it.tfliteBytes),
      megabytes(it.fileBytes),
      `${it.exact} of ${it.operators}${sums}`,
      `${share(it.outputDifference)}${signs}`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const table = ['| network | `.tflite`, MB | packed, MB | operators | outputs |', '|---|---:|---:|---|---|', ...rows];
  return withFigures(page, ZOO_MARKERS, table);
}

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(2);

/** @param {number} value */
const share = (value) => (value === 0 ? '0' : value.toExponential(1));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(ROOT);
  const { larqSpeed } = await importSource('bench/src/report/larq.ts');
  const { LARQ_RESULTS, readLarqResults } = await importSource('bench/src/larq-results.ts');
  writeFileSync(`${ROOT}${PAGE}`, larqDocument(larqSpeed(await readLarqResults(LARQ_RESULTS))));
}
