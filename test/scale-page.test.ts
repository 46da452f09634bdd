import { expect, test } from 'vitest';
import { scaleDocument } from '../scripts/documents/write-scale.mjs';
import { seededRandom } from './seeded-random.js';
import { readText } from './source-files.js';

test('the figures of docs/scale.md are those of docs/scale.json: run node scripts/documents/write-scale.mjs', () => {
  expect(readText('docs/scale.md')).toBe(scaleDocument(seededRandom));
});
