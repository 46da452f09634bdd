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

  test('tells what a step of every method for binary networks costs', () => {
    const timed = METHOD_NAMES.filter((name) => steps.results.some((it: { method: string }) => it.method === name));
    expect(timed).toEqual(METHOD_NAMES.filter((name) => name !== 'full-precision'));
  });

  test('calls approximations what they are', () => {
    const approximations = METHOD_NAMES.filter((name) => (METHODS[name] as Method).evidence === 'abstract');
    expect(page.split('An approximation, written from the abstract alone').length - 1).toBe(approximations.length);
  });
});
