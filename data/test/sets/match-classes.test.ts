import { describe, expect, test } from 'vitest';
import { byCodePoint, matchClasses } from '../../src/sets/match-classes.js';

const match = (folders: readonly string[], labels: readonly string[] | undefined, count = labels?.length ?? 0) =>
  matchClasses('photos', [...folders].sort(byCodePoint), { count, labels });
const warnings = (folders: readonly string[], labels: readonly string[] | undefined, count?: number) =>
  match(folders, labels, count).remarks.flatMap(({ isWarning, text }) => (isWarning ? [text] : []));
const NUMBERS = Array.from({ length: 12 }, (_, i) => String(i));

describe('folders of a model with names', () => {
  test('have the classes of their names, whatever their order', () => {
    expect(match(['cat', 'dog', 'emu'], ['emu', 'cat', 'dog'])).toEqual({ indices: [1, 2, 0], remarks: [] });
    const sorted = [...NUMBERS].sort(byCodePoint);
    expect(match(NUMBERS, NUMBERS)).toEqual({ indices: sorted.map(Number), remarks: [] });
  });

  test('may be some of the classes, and the others are named', () => {
    expect(match(['emu'], ['cat', 'dog', 'emu']).indices).toEqual([2]);
    expect(warnings(['emu'], ['cat', 'dog', 'emu'])).toEqual([
      "photos has no folder for 2 of the model's 3 classes: cat, dog",
    ]);
  });

  test('that are none of the classes have none', () => {
    expect(match(['cat', 'yak'], ['cat', 'dog']).indices).toEqual([0, undefined]);
  });

  test.each([
    ['Cat', 'cat'],
    ['sea_lion', 'sea lion'],
    ['Sea-Lion', 'sea lion'],
    ['03', '3'],
    ['cafe\u0301', 'caf\u00e9'],
  ])('match by likeness, which is said: %s, %s', (folder, label) => {
    const { indices, remarks } = match(['aaa', folder], ['zzz', label, 'aaa']);
    expect([...indices].sort()).toEqual([1, 2]);
    expect(remarks[0]!.text).toBe(`photos: folders matched with the model's labels: ${folder} is ${label}`);
  });

  test('don’t match by likeness where two could', () => {
    expect(match(['CAT', 'Cat', 'dog'], ['cat', 'dog']).indices).toEqual([undefined, undefined, 1]);
    expect(match(['Cat', 'cat'], ['cat', 'dog']).indices).toEqual([undefined, 0]);
    expect(match(['Cat', 'dog'], ['cat', 'CAT', 'dog']).indices).toEqual([undefined, 2]);
  });

  test('are taken in order with a warning that shows both, if no name is the model’s and the numbers agree', () => {
    expect(match(['katze', 'hund'], ['cat', 'dog']).indices).toEqual([0, 1]);
    expect(warnings(['katze', 'hund'], ['cat', 'dog'])[0]).toMatch(
      /the folders are hund, katze; the model's labels cat, dog/,
    );
  });

  test('are refused if no name is the model’s and the numbers differ', () => {
    expect(() => match(['katze'], ['cat', 'dog'])).toThrow(/E_DATA|none of its 1 class folders has the name of one/);
  });

  test('of a name that two classes have are refused', () => {
    expect(() => match(['crane'], ['crane', 'dog', 'crane'])).toThrow(/two classes that are called crane \(0 and 2\)/);
  });
});

describe('folders of a model without names', () => {
  test('are taken in order', () => {
    expect(match(['b', 'a', 'B'], undefined, 3)).toEqual({ indices: [0, 1, 2], remarks: [] });
  });

  test('that are numbered are taken in the order of characters, with a warning where the numbers have another', () => {
    expect(match(NUMBERS, undefined, 12).indices[2]).toBe(2);
    expect(warnings(NUMBERS, undefined, 12)[0]).toMatch(
      /order of their characters, .*: 0, 1, 10, 11, 2 .*\(--labels\)/,
    );
    expect(warnings(NUMBERS.slice(0, 10), undefined, 10)).toEqual([]);
  });

  test('that are some of the numbers are taken for the classes of these numbers, with a warning', () => {
    expect(match(['03', '10'], undefined, 12).indices).toEqual([3, 10]);
    expect(warnings(['03', '10'], undefined, 12)).toHaveLength(1);
  });

  test.each([
    [['a', 'b'], 3],
    [['a', 'b', 'c'], 2],
    [['1', '40'], 12],
  ])('%j of %i classes can’t be told', (folders, count) => {
    expect(() => match(folders, undefined, count)).toThrow(/which is which can't be told: give the names/);
  });
});

test('names are sorted by code point, as Python sorts them', () => {
  expect(['\u{1f600}', '\uff5e', 'b', 'B', 'ba', '10', '2'].sort(byCodePoint)).toEqual([
    '10',
    '2',
    'B',
    'b',
    'ba',
    '\uff5e',
    '\u{1f600}',
  ]);
});
