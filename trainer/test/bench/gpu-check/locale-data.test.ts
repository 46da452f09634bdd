import { expect, test } from 'vitest';
import { blankLocaleData } from '../../../bench/gpu-check/locale-data.js';

const ENTRIES = 120;
const DATA_BYTES = 16;
const HEADER_BYTES = 32;

/** A file with ICU's data in the middle: entry i is filled with i + 1. */
function binaryWith(nameOf: (i: number) => string): { binary: Buffer; dataAt: (i: number) => number } {
  const names = Array.from({ length: ENTRIES }, (_, i) => `${nameOf(i)}\0`);
  const namesAt = 4 + 8 * ENTRIES;
  const dataAt = namesAt + names.join('').length;
  const table = Buffer.alloc(dataAt + DATA_BYTES * ENTRIES);
  table.writeUInt32LE(ENTRIES, 0);
  let at = namesAt;
  for (const [i, name] of names.entries()) {
    table.writeUInt32LE(at, 4 + 8 * i);
    table.writeUInt32LE(dataAt + DATA_BYTES * i, 8 + 8 * i);
    at += table.write(name, at, 'latin1');
    table.fill(i + 1, dataAt + DATA_BYTES * i, dataAt + DATA_BYTES * (i + 1));
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(HEADER_BYTES, 0);
  header.set([0xda, 0x27], 2);
  header.write('CmnD', 12, 'latin1');
  const before = Buffer.from('code, and the word CmnD without a table behind it '.repeat(3));
  const binary = Buffer.concat([before, header, table, Buffer.from('more code')]);
  return { binary, dataAt: (i) => before.length + HEADER_BYTES + dataAt + DATA_BYTES * i };
}

test('data of languages are blanked, those of Unicode stay and are still found', () => {
  const { binary, dataAt } = binaryWith((i) => (i % 3 === 0 ? `icudt/${i}.icu` : `icudt/${i}.res`));
  const before = Buffer.from(binary);
  // The last entry is one of a language, whose end isn't known.
  expect(blankLocaleData(binary)).toBe(DATA_BYTES * 79);
  for (let i = 0; i < ENTRIES - 1; i++) {
    expect(binary[dataAt(i)], `entry ${i}`).toBe(i % 3 === 0 ? i + 1 : 0);
  }
  expect(binary.length).toBe(before.length);
  expect(binary.subarray(-9).toString()).toBe('more code');
  const table = dataAt(0) - (dataAt(0) - before.indexOf('\x78\0\0\0', before.lastIndexOf('CmnD'), 'latin1'));
  expect(binary.readUInt32LE(table)).toBe(40);
  expect(binary.readUInt32LE(table + 4 + 8 * 39 + 4) + table).toBe(dataAt(117));
});

test('a binary without such data stays as it is', () => {
  const binary = Buffer.from('CmnD and nothing else; \xda\x27\0\0'.repeat(20), 'latin1');
  const before = Buffer.from(binary);
  expect(blankLocaleData(binary)).toBe(0);
  expect(binary).toEqual(before);
});
