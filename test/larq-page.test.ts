import { expect, test } from 'vitest';
import { LARQ_RESULTS, readLarqResults } from '../bench/src/larq-results.js';
import { larqSpeed } from '../bench/src/report/larq.js';
import { larqDocument } from '../scripts/documents/write-larq.mjs';
import { readText } from './source-files.js';

test('the tables are what was found of larq’s zoo, and measured: run node scripts/documents/write-larq.mjs', async () => {
  expect(readText('docs/larq.md')).toBe(larqDocument(larqSpeed(await readLarqResults(LARQ_RESULTS))));
});
