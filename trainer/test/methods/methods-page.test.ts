import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { methodsDocument } from '../../scripts/write-methods.mjs';
import { METHOD_NAMES, METHODS, type Method } from '../../src/methods/index.js';
import { ARCHITECTURES } from '../../src/models/index.js';
import { styleOf } from '../../src/models/method-style.js';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const page = read('docs/methods.md');
const steps = JSON.parse(read('trainer/bench/method-steps.json'));

describe('docs/methods.md', () => {
  test('is what the methods say: run node trainer/scripts/write-methods.mjs', () => {
    expect(page).toBe(methodsDocument({ METHODS, ARCHITECTURES, styleOf }, steps));
  });

  test.each(METHOD_NAMES)('has a section of %s, with its source', (name) => {
    const [, section = ''] = page.split(`\n## ${name}\n`);
    expect(section.split('\n## ')[0]).toContain((METHODS[name] as Method).source);
  });

  test('tells what a step of a method costs if it was measured, and nothing if it wasn’t', () => {
    const timed: readonly string[] = steps.results.map((it: { method: string }) => it.method);
    for (const name of METHOD_NAMES) {
      const [row = ''] = new RegExp(`^\\| \\[\`${name}\`\\].*$`, 'm').exec(page) ?? [];
      const cost = row.split('|').at(-2)!.trim();
      expect(/^\d+\.\d\d/.test(cost), `${name}: ${cost}`).toBe(timed.includes(name));
    }
    expect(METHOD_NAMES).toEqual(expect.arrayContaining([...timed]));
  });

  test('calls approximations what they are', () => {
    const approximations = METHOD_NAMES.filter((name) => (METHODS[name] as Method).evidence === 'abstract');
    expect(page.split('An approximation, written from the abstract alone').length - 1).toBe(approximations.length);
  });
});
