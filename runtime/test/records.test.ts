import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateRecords } from '../scripts/generate-records.mjs';
import { fieldsOf, recordBytes } from '../src/kernels/record.js';

test('the types of records are those that the kernels’ sources give: run node runtime/scripts/generate-records.mjs', () => {
  const written = readFileSync(new URL('../src/kernels/generated/records.ts', import.meta.url), 'utf8');
  expect(written).toBe(generateRecords());
});

test('a record takes 4 bytes a field, and what its epilogue takes', () => {
  expect(recordBytes('Epilogue')).toBe(fieldsOf('Epilogue').length * 4);
  expect(recordBytes('elementwise')).toBe(3 * 4 + recordBytes('Epilogue'));
});
