import { expect, test } from 'vitest';
import { documentsOf } from '../bench/src/report/write-documents.js';
import { readText } from './source-files.js';

const documents = await documentsOf(JSON.parse(readText('bench/results.json')), readText('README.md'));

test.each([...documents])(
  '%s has the numbers of bench/results.json, which scripts/write-results.mjs measured',
  (path, text) => {
    expect(readText(path)).toBe(text);
  },
);
