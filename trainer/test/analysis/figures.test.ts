import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { layerDensityFigure, layerErrorsFigure, quantizationErrorFigure } from '../../src/analysis/figures.js';
import { latentWeightStatistics } from '../../src/analysis/latent-weights.js';
import { laplaceSamples } from './laplace-samples.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LAYER = { name: '<conv>', ...latentWeightStatistics(Float32Array.from(laplaceSamples(1000, 0.05, 1)), 20) };

describe('figures', () => {
  test('of docs/figures are what scripts/documents/write-figures.mjs writes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'signwave-figures-'));
    try {
      const { status, stderr } = spawnSync(process.execPath, [
        join(ROOT, 'scripts/documents/write-figures.mjs'),
        folder,
      ]);
      expect(status, String(stderr)).toBe(0);
      const names = readdirSync(folder);
      expect(names).toHaveLength(2);
      for (const name of names) {
        expect(readFileSync(join(folder, name), 'utf8')).toBe(readFileSync(join(ROOT, 'docs/figures', name), 'utf8'));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('are the same text each time, under names that begin with their id', async () => {
    const draw = (id: string): Promise<string> => quantizationErrorFigure(id, [{ name: 'b', b: 0.1 }], 40, 20);
    const [first, second, other] = [await draw('a'), await draw('a'), await draw('b')];
    expect(second).toBe(first);
    expect(first).toContain('url(#a-0)');
    expect(other.replaceAll('b-0', 'a-0')).toBe(first);
  });

  test('show a layer’s name as text', async () => {
    expect(await layerDensityFigure('x', LAYER)).toContain('&lt;conv&gt;');
  });

  test('are drawn of a layer of zeros', async () => {
    const zeros = { name: 'zeros', ...latentWeightStatistics(new Float32Array(9), 20) };
    for (const svg of [await layerDensityFigure('x', zeros), await layerErrorsFigure('y', [zeros])]) {
      expect(svg).not.toContain('NaN');
    }
  });
});
