import { readFileSync } from 'node:fs';
import { writeModel } from '@signwave/format';
import { expect, test } from 'vitest';
import { exampleModel } from './models.js';

const section = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8').split('## 7. Example')[1]!;
const lines = section.split('\n').filter((line) => /^[0-9a-f]{4} {2}/.test(line));

test('the bytes of SPEC.md section 7 are those of the writer', () => {
  const hex = lines.map((line) => line.slice(6, 50).trim()).join(' ');
  expect(hex).toBe(Buffer.from(writeModel(exampleModel())).toString('hex').replace(/..\B/g, '$& '));
});

test('each line of SPEC.md section 7 says where it is', () => {
  let at = 0;
  for (const line of lines) {
    expect(Number.parseInt(line.slice(0, 4), 16)).toBe(at);
    at += line.slice(6, 50).trim().split(' ').length;
  }
  expect(section).toContain(`; ${at} bytes`);
});
