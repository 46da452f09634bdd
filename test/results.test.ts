import { expect, test } from 'vitest';
import { documentsOf } from '../bench/src/report/write-documents.js';
import { platformsDocument } from '../conformance/src/document.js';
import { readText } from './source-files.js';

const documents = await documentsOf(JSON.parse(readText('bench/results.json')), readText('README.md'));

test.each([...documents])(
  '%s has the numbers of bench/results.json, which scripts/documents/write-results.mjs measured',
  (path, text) => {
    expect(readText(path)).toBe(text);
  },
);

test('docs/platforms.md has the results of conformance/results.json, which conformance/scripts/check-platforms.mjs wrote', () => {
  expect(readText('docs/platforms.md')).toBe(platformsDocument(JSON.parse(readText('conformance/results.json'))));
});
