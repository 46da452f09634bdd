import { expect, test } from 'vitest';
import { larqDocument } from '../scripts/documents/write-larq.mjs';
import { readText } from './source-files.js';

test('the table of larq’s zoo is what was found: run node scripts/documents/write-larq.mjs', () => {
  expect(readText('docs/larq.md')).toBe(larqDocument());
});
