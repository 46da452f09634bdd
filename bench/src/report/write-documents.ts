import { readFile, writeFile } from 'node:fs/promises';
import type { Results } from '../results.js';
import { layerChart } from './chart.js';
import { performanceDocument } from './performance.js';
import { withResults } from './readme.js';

/**
 * Makes each document that shows bench/results.json.
 *
 * @param readme its present text: what stands outside of its markers stays.
 * @returns the documents' texts, by path from the root of the repository.
 */
export async function documentsOf(results: Results, readme: string): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['README.md', withResults(readme, results)],
    ['docs/performance.md', performanceDocument(results.bench)],
    ['docs/figures/bench-layers.svg', `${(await layerChart(results.bench)).trimEnd()}\n`],
  ]);
}

export async function writeDocuments(results: Results): Promise<void> {
  for (const [path, text] of await documentsOf(results, await readFile('README.md', 'utf8')))
    await writeFile(path, text);
}
