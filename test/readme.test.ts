import { expect, test } from 'vitest';
import { withResults } from '../scripts/results-table.mjs';
import { readText } from './source-files.js';

test('README.md has the numbers of bench/results.json, which scripts/write-results.mjs measured', () => {
  const readme = readText('README.md');
  expect(withResults(readme, JSON.parse(readText('bench/results.json')))).toBe(readme);
});
