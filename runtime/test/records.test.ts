import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RECORD_FIELDS } from '../src/plan/records.js';

/** Bytes of the field types that a record may have. */
const FIELD_BYTES: Readonly<Record<string, number>> = { usize: 4, i32: 4, f32: 4 };

interface Field {
  readonly name: string;
  readonly type: string;
}

/** The records as the kernels have them, in the order of their fields. */
const assembly = parseRecords(readFileSync(new URL('../assembly/records.ts', import.meta.url), 'utf8'));

function parseRecords(source: string): Record<string, Field[]> {
  const records: Record<string, Field[]> = {};
  for (const [, name, body] of source.matchAll(/^export class (\w+) \{\n(.*?)^\}/gms)) {
    records[name!] = [...body!.matchAll(/^ {2}(\w+): (\w+);$/gm)].map((field) => ({
      name: field[1]!,
      type: field[2]!,
    }));
  }
  return records;
}

describe('the records that a plan writes', () => {
  test('are those that the kernels read', () => {
    expect(Object.keys(RECORD_FIELDS)).toEqual(Object.keys(assembly));
  });

  test.each(Object.entries(assembly))('%s has the same fields in the same order', (name, fields) => {
    expect(RECORD_FIELDS[name as keyof typeof RECORD_FIELDS]).toEqual(fields.map((field) => field.name));
  });

  test('have fields of 4 bytes, none with a value of its own', () => {
    const fields = Object.values(assembly).flat();
    expect(fields.filter(({ type }) => FIELD_BYTES[type] !== 4)).toEqual([]);
    expect(fields.length).toBe(Object.values(RECORD_FIELDS).flat().length);
  });

  test('have no floats but lo and hi', () => {
    const floats = Object.values(assembly)
      .flat()
      .filter(({ type }) => type === 'f32');
    expect([...new Set(floats.map(({ name }) => name))]).toEqual(['lo', 'hi']);
  });
});
