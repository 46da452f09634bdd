import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkLabelCount, parseLabels } from '@signwave/data';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { readLabels } from '../../src/data/labels.js';

const parse = (text: string) => parseLabels(Buffer.from(text), 'labels.txt');

describe('labels', () => {
  test.each([
    ['one a line', 'cat\ndog\n'],
    ['with Windows line ends and blanks', '  cat\r\ndog \r\n\r\n'],
    ['with a byte order mark', '\ufeffcat\ndog'],
    ['as a JSON array', '\n["cat", "dog"]'],
  ])('are read %s', (_, text) => {
    expect(parse(text)).toEqual(['cat', 'dog']);
  });

  test('may repeat, and may be in any script', () => {
    expect(parse('crane\n鶴\ncrane')).toEqual(['crane', '鶴', 'crane']);
  });

  test('are read from a file', async () => {
    const path = join(await temporaryFolder(), 'labels.json');
    await writeFile(path, '["a"]');
    expect(await readLabels(path)).toEqual(['a']);
  });

  test('pass the check when there is one for each class', () => {
    expect(() => checkLabelCount(['a', 'b'], 2)).not.toThrow();
  });
});

describe('labels that cannot be used', () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ['an empty file', '', /labels\.txt has no labels/],
    ['blank lines only', '\n \n', /has no labels/],
    ['an empty JSON array', '[]', /has no labels/],
    ['an empty line', 'cat\n\ndog', /label 2 of 3 is empty/],
    ['an empty string in JSON', '["cat", ""]', /label 2 of 2 is empty/],
    ['a JSON object', '{"0": "cat"}', /is an object; expected a JSON array of strings/],
    ['numbers in JSON', '["cat", 1]', /an array with other things than strings/],
    ['JSON without its end', '["cat"', /no valid JSON/],
    ['a zip archive', Buffer.from('PK\x03\x04\x00\x00'), /is a zip archive, not a text/],
    ['bytes that are no UTF-8', Uint8Array.of(0x63, 0xe9, 0x0a), /not a text in UTF-8/],
  ])('refuses %s', (_, content, message) => {
    expect(() => parseLabels(Buffer.from(content as string), 'labels.txt')).toThrow(
      expect.objectContaining({ code: 'E_LABELS', message: expect.stringMatching(message) }),
    );
  });

  test('refuses a number of labels that is not the number of classes, naming both', () => {
    expect(() => checkLabelCount(['a', 'b'], 10)).toThrow(
      expect.objectContaining({
        code: 'E_LABELS',
        message: expect.stringMatching(/2 labels, but the model has 10 classes/),
      }),
    );
  });

  test('names a missing file', async () => {
    const path = join(await temporaryFolder(), 'none.txt');
    await expect(readLabels(path)).rejects.toMatchObject({
      code: 'E_LABELS',
      message: expect.stringContaining('no such file'),
    });
  });
});
