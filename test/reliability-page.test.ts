import { expect, test } from 'vitest';
import { reliabilityDocument } from '../scripts/documents/write-reliability.mjs';
import { readText } from './source-files.js';

test('the figures of reliability are those of docs/reliability.json: run node scripts/documents/write-reliability.mjs', () => {
  expect(readText('docs/reliability.md')).toBe(reliabilityDocument());
});
