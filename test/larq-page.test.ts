import { expect, test } from 'vitest';
import { larqSpeed } from '../bench/src/report/larq.js';
import { larqDocument, larqResults } from '../scripts/documents/write-larq.mjs';
import { readText } from './source-files.js';

test('the tables are what was found of larq’s zoo, and measured: run node scripts/documents/write-larq.mjs', () => {
  expect(readText('docs/larq.md')).toBe(larqDocument(larqSpeed(larqResults())));
});
