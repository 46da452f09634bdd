import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkLabelCount, parseLabels } from '@signwave/data';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { readLabels } from '../../src/node/labels.js';

const parse = (text: string) => parseLabels(Buffer.from(text), 'labels.txt');

describe('labels', () => {
  test.each([
    ['one a line', 'cat\ndog\n'],
    ['with Windows line ends and blanks', '  cat\r\ndog \r\n\r\n'],
    ['with line ends of the first Macs', 'cat\rdog\r'],
    ['with a byte order mark', '\ufeffcat\ndog'],
    ['as a JSON array', '\n["cat", "dog"]'],
    ['as a JSON array behind a byte order mark', '\ufeff["cat",\r\n"dog"]\r\n\r\n'],
    ['as pairs of wnid and name', '[["n00000000", "cat"], ["n00000001", "dog"]]'],
    ['by number', '{"0": "cat", "1": "dog"}'],
    ['by number, with wnids, as Keras has ImageNet’s', '{"0": ["n00000000", "cat"], "1": ["n00000001", "dog"]}'],
    ['by name', '{"dog": 1, "cat": 0}'],
    ['by name, the numbers being texts', '{"dog": "1", "cat": "0"}'],
    [
      'in a config.json of Hugging Face',
      '{"model_type": "vit", "label2id": {"x": 0}, "id2label": {"1": "dog", "0": "cat"}}',
    ],
    ['in a config.json without id2label', '{"num_labels": 2, "label2id": {"cat": 0, "dog": 1}}'],
    ['in torchvision’s class_to_idx', '{"class_to_idx": {"cat": 0, "dog": 1}}'],
    ['in timm’s config.json', '{"num_classes": 2, "label_names": ["cat", "dog"]}'],
  ])('are read %s', (_, text) => {
    expect(parse(text)).toEqual(['cat', 'dog']);
  });

  test('by number are read in the order of the numbers, not of the texts', () => {
    const labels = Array.from({ length: 12 }, (_, i) => `class ${i}`);
    const entries = labels.map((label, i) => [String(i), label] as const);
    expect(parse(JSON.stringify(Object.fromEntries(entries)))).toEqual(labels);
    // As text, since an object of JavaScript orders such keys by itself.
    const reversed = [...entries].reverse().map(([key, label]) => `"0${key}": "${label}"`);
    expect(parse(`{${reversed.join()}}`)).toEqual(labels);
  });

  test('that are digits themselves are told from numbers', () => {
    expect(parse('{"0": 0, "1": 1}')).toEqual(['0', '1']);
    expect(parse('{"9": 0, "7": 1}')).toEqual(['9', '7']);
    expect(parse('{"0": "9", "1": "7"}')).toEqual(['9', '7']);
  });

  test('that are keys of their own are names', () => {
    expect(parse('{"labels": 1, "id2label": 0}')).toEqual(['id2label', 'labels']);
    expect(parse('{"__proto__": 0, "constructor": 1}')).toEqual(['__proto__', 'constructor']);
  });

  test('stay lines where each has its wnid', () => {
    expect(parse('n01440764 tench\nn01443537 goldfish')).toEqual(['n01440764 tench', 'n01443537 goldfish']);
  });

  test('may repeat, and may be in any script', () => {
    expect(parse('crane\n鶴\ncrane')).toEqual(['crane', '鶴', 'crane']);
    expect(parse('{"0": "crane", "1": "crane"}')).toEqual(['crane', 'crane']);
  });

  test('are read from a file', async () => {
    const path = join(await temporaryFolder(), 'labels.json');
    await writeFile(path, '\ufeff{"0": "a"}');
    expect(await readLabels(path)).toEqual(['a']);
  });

  test('pass the check when there is one for each class', () => {
    expect(() => checkLabelCount(['a', 'b'], 2)).not.toThrow();
  });
});

describe('labels that cannot be used', () => {
  test.each<[string, string, RegExp]>([
    ['an empty file', '', /labels\.txt: it has no labels/],
    ['blank lines only', '\n \n', /has no labels/],
    ['an empty JSON array', '[]', /has no labels/],
    ['an empty JSON object', '{}', /has no labels/],
    ['an empty line', 'cat\n\ndog', /label 2 of 3 is empty/],
    ['an empty string in JSON', '["cat", ""]', /label 2 of 2 is empty/],
    ['an empty name by number', '{"0": "cat", "1": " "}', /label 2 of 2 is empty/],
    ['numbers in an array', '["cat", 1]', /entry 1 is 1, expected a name, or \[wnid, name\]/],
    ['null', '["cat", null]', /entry 1 is null/],
    ['a triple', '[["a", "b", "c"]]', /entry 0 is \["a","b","c"\], expected/],
    ['a pair with a number', '[[0, "cat"]]', /entry 0 is \[0,"cat"\]/],
    [
      'a name that is an object',
      '{"0": "cat", "1": {"name": "dog"}}',
      /entry "1" is \{"name":"dog"\}, expected a name/,
    ],
    ['a gap', '{"0": "cat", "2": "dog"}', /no entry has the number 1, the next one is 2 \(entry "2"\)/],
    ['counting from 1', '{"1": "cat", "2": "dog"}', /no entry has the number 0, the next one is 1 \(entry "1"\)/],
    ['a gap by name', '{"cat": 0, "dog": 3}', /no entry has the number 1, the next one is 3 \(entry "dog"\)/],
    ['a number twice', '{"cat": 0, "dog": 1, "cow": 1}', /entry "dog" and entry "cow" have the same number, 1/],
    ['a number in two spellings', '{"0": "cat", "00": "dog"}', /entry "0" and entry "00" have the same number, 0/],
    ['a key twice', '{"0": "cat", "1": "dog", "1": "cow"}', /the key "1" stands twice/],
    ['a key twice, once escaped', '{"a:{\\"": 0, "b": 1, "\\u0062": 1}', /the key "b" stands twice/],
    ['a negative number', '{"cat": 0, "dog": -1}', /entry "dog" is -1, expected the number of a class/],
    ['half a class', '{"cat": 0, "dog": 1.5}', /entry "dog" is 1\.5, expected/],
    ['a key that is no number', '{"0": "cat", "one": "dog"}', /entry "one" has no number as its key/],
    ['an object that has something else', '{"model_type": "vit"}', /entry "model_type" is "vit", expected the number/],
    ['a gap in id2label', '{"id2label": {"0": "a", "5": "b"}}', /labels\.txt, "id2label": no entry has the number 1/],
    ['JSON without its end', '["cat"', /no valid JSON/],
    ['a Python dictionary', "{0: 'cat'}", /no valid JSON.*json\.dump/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'E_LABELS', message: expect.stringMatching(message) }),
    );
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['a zip archive', Buffer.from('PK\x03\x04\x00\x00'), /is a zip archive, not a text/],
    ['bytes that are no UTF-8', Uint8Array.of(0x63, 0xe9, 0x0a), /not a text in UTF-8/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseLabels(bytes, 'labels.txt')).toThrow(
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
