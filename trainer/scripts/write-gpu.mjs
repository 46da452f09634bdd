// Writes docs/gpu.md, with the figures of a report by trainer/scripts/gpu-check.sh.
//
//   node trainer/scripts/write-gpu.mjs [REPORT.json]
//
// A report that is given must be of a GPU, not of a software adapter. It is kept as trainer/bench/gpu-report.json; without one, that is used. As long as there is none, figures are "not
// measured".
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importSource } from '../../scripts/modules/import-source.mjs';

const PAGE = 'docs/gpu.md';
const REPORT = 'trainer/bench/gpu-report.json';

const given = process.argv[2] && resolve(process.argv[2]);
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** @type {{ gpuDocument: typeof import('../bench/gpu-check/document.ts').gpuDocument }} */
const { gpuDocument } = await importSource('trainer/bench/gpu-check/document.ts');
const path = given ?? REPORT;
const report = existsSync(path) || given ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
const page = gpuDocument(report);
if (report && !(report.adapter.measured && !report.adapter.isSoftware)) {
  console.error(`${path} is not of a GPU: its adapter is software, or there was none`);
  process.exit(1);
}
if (given) copyFileSync(given, REPORT);
writeFileSync(PAGE, page);
console.log(PAGE);
