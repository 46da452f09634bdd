import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { methodsDocument } from '../../scripts/write-methods.mjs';
import { METHOD_NAMES, METHODS, type Method } from '../../src/methods/index.js';
import { ARCHITECTURES } from '../../src/models/index.js';
import { styleOf } from '../../src/models/method-style.js';

const page = readFileSync(new URL('../../../docs/methods.md', import.meta.url), 'utf8');

describe('docs/methods.md', () => {
  test('is what the methods say: run node trainer/scripts/write-methods.mjs', () => {
    expect(page).toBe(methodsDocument({ METHODS, ARCHITECTURES, styleOf }));
  });

  test.each(METHOD_NAMES)('has a section of %s, with its source', (name) => {
    const [, section = ''] = page.split(`\n## ${name}\n`);
    expect(section.split('\n## ')[0]).toContain((METHODS[name] as Method).source);
  });

  test('calls approximations what they are', () => {
    const approximations = METHOD_NAMES.filter((name) => (METHODS[name] as Method).evidence === 'abstract');
    expect(page.split('An approximation, written from the abstract alone').length - 1).toBe(approximations.length);
  });
});
