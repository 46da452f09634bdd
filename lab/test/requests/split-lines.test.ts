import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitLines } from '../../src/requests/split-lines.js';

async function* inPieces(bytes: Uint8Array, pieceBytes: number) {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function linesOf(bytes: Uint8Array, pieceBytes = 7, maxBytes = 1000) {
  const lines = [];
  for await (const line of splitLines(inPieces(bytes, pieceBytes), maxBytes)) lines.push(line);
  return lines;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('splitLines', () => {
  test('gives the lines of String.split, whatever the pieces', async () => {
    const lines = fc.array(fc.string({ unit: 'grapheme' }).filter((it) => !it.includes('\n')));
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 9 }), async (texts, pieceBytes) => {
        const expected = texts.flatMap((text, n) =>
          text.trim() === '' ? [] : [{ number: n + 1, text: text.replace(/^\ufeff/, '') }],
        );
        expect(await linesOf(utf8(texts.join('\n')), pieceBytes, 1e6)).toEqual(expected);
      }),
    );
  });

  test('keeps nothing of a line that is too long, says how long it is, and goes on', async () => {
    expect(await linesOf(utf8(`a\n${'b'.repeat(50)}\nc\n`), 7, 20)).toEqual([
      { number: 1, text: 'a' },
      { number: 2, problem: 'the line has 50 bytes, at most 20 are read' },
      { number: 3, text: 'c' },
    ]);
  });

  test('refuses a line that is not UTF-8, and goes on', async () => {
    expect(await linesOf(Uint8Array.of(97, 0xff, 10, 98))).toEqual([
      { number: 1, problem: 'the line is not UTF-8' },
      { number: 2, text: 'b' },
    ]);
  });
});
