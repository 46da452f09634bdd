import { escapeHtml, LongError } from '@signwave/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonLines, printable } from '../src/report/output.js';
import { table } from '../src/report/table.js';

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('what is printed', () => {
  test.each([
    ['ESC', '\x1b[31m', '\\u001b[31m'],
    ['BEL', '\x07', '\\u0007'],
    ['DEL', '\x7f', '\\u007f'],
    ['a control of 8 bits', '\x9b2J', '\\u009b2J'],
    ['a line feed', '\n', '\\u000a'],
    ['a carriage return', '\r', '\\u000d'],
    ['a tab', '\t', '\\u0009'],
    ['a bidirectional override', '\u202e', '\\u202e'],
    ['an isolate', '\u2066', '\\u2066'],
    ['a space of no width', '\u200b', '\\u200b'],
    ['a byte order mark', '\ufeff', '\\ufeff'],
    ['a line separator', '\u2028', '\\u2028'],
    ['a tag beyond 16 bits', '\u{e0041}', '\\udb40\\udc41'],
    ['half of a character', '\ud800', '\\ud800'],
    ['a blank letter', '\u3164', '\\u3164'],
  ])('shows %s', (_name, character, shown) => {
    expect(printable(`a${character}b`)).toBe(`a${shown}b\n`);
    expect(escapeHtml(`a${character}b`)).toBe(`a${shown}b`);
  });

  test('keeps letters of all scripts and emoji', () => {
    const text = 'naïve Ωmega 猫 кот 🐈 عربى';
    expect(printable(text)).toBe(`${text}\n`);
  });

  test('has one line for each that was given, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (lines) => {
        const printed = printable(lines).split('\n');
        expect(printed.pop()).toBe('');
        expect(printed).toHaveLength(lines.length);
        expect(printed.some((line) => UNSEEN.test(line))).toBe(false);
      }),
    );
  });

  test('is the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(JSON.parse(printable(jsonLines(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('is aligned in tables by what is shown', () => {
    expect(table([{ title: 'a' }, { title: 'b' }], [['\x1b', 'x']])).toEqual(['a       b', '------  -', '\\u001b  x']);
  });

  test('divides an error with a table into its lines, and no others', () => {
    const { lines, message } = new LongError('E_CHECKPOINT_ARCH', ['a\nb', '  c']);
    expect(message).toBe('a\nb\n  c');
    expect(printable(lines)).toBe('a\\u000ab\n  c\n');
  });
});
