import { describe, expect, test } from 'vitest';
import { readText } from '../../../../test/source-files.js';
import { gpuDocument } from '../../../bench/gpu-check/document.js';
import { parseReport } from '../../../bench/gpu-check/report.js';
import { SAMPLE_REPORT } from './sample-report.js';

const REPORT = 'trainer/bench/gpu-report.json';

function keptReport(): unknown {
  try {
    return JSON.parse(readText(REPORT));
  } catch {
    return undefined;
  }
}

describe('docs/gpu.md', () => {
  test('is what node trainer/scripts/write-gpu.mjs writes', () => {
    expect(readText('docs/gpu.md')).toBe(gpuDocument(keptReport()));
  });

  test('without a report has nothing but figures that are not measured', () => {
    const rows = gpuDocument(undefined).split('## Figures')[1]!.trim().split('\n').slice(2);
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter((row) => !row.includes('*not measured*: no GPU has been checked yet'))).toEqual([]);
  });

  test('has the figures of a report, and the first line of each reason', () => {
    const page = gpuDocument(SAMPLE_REPORT);
    for (const row of [
      '| resnet20_1w1a, batch 128 | 4000 images/s (32.0 ms a step) |',
      '| resnet18_1w1a, batch 512 | *not measured*: out of memory: 1 \\| 2 |',
      '| step agrees with the CPU | yes, gradients within 1.0e-6 |',
      '| training of ResNet-20 | 1 of 2 epochs of 20,000 images: 51.2 % of 2,000 test images |',
      '| `Conv2DDerFilterProgram` | 20 | 12.0 ms | 75.0 % |',
    ]) {
      expect(page).toContain(row);
    }
  });
});

describe('a report', () => {
  test('is read as it was written', () => {
    expect(parseReport(JSON.parse(JSON.stringify(SAMPLE_REPORT)))).toEqual(SAMPLE_REPORT);
  });

  test.each([
    { name: 'another schema', change: { schema: 2 } },
    { name: 'a part that says neither', change: { kernels: { seconds: 3 } } },
    { name: 'a speed that is no number', change: { speed: [{ what: 'a', result: { measured: true, seconds: 1 } }] } },
  ])('with $name is refused', ({ change }) => {
    expect(() => parseReport({ ...SAMPLE_REPORT, ...change })).toThrow();
  });
});
