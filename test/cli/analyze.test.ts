import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { floatFile } from '../../convert/test/checkpoints/build-safetensors.js';
import { EXAMPLE_CHECKPOINT, signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();

/** Writes a safetensors checkpoint of one binary layer. */
function checkpoint(name: string, weight: Float32Array, metadata?: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  const tensors = new Map([
    ['conv.weight', { shape: [weight.length], values: weight }],
    ['conv.alpha', { shape: [1], values: Float32Array.of(1) }],
  ]);
  writeFileSync(path, floatFile(tensors, metadata));
  return path;
}

describe('analyze', () => {
  test('prints a line per binary layer, the means, and what the authors’ script prints', async () => {
    const { code, stdout } = await signwave('analyze', EXAMPLE_CHECKPOINT);
    expect(code).toBe(0);
    expect(stdout.match(/^layer\d\.\d\.conv\d /gm)).toHaveLength(18);
    expect(stdout).toMatch(/^mean of layers +267,264 +0\.03730 +0\.7460 +0\.07175 +0\.6221$/m);
    // NumPy gives 11.19777 and 0.67136 in float32 for the same weights.
    expect(stdout).toContain('QE 11.1978, b 0.6714');
  });

  test('prints the same as JSON', async () => {
    const { stdout } = await signwave('analyze', EXAMPLE_CHECKPOINT, '--omega0', '20', '--json');
    const { omega0, omega0From, layers, totals } = JSON.parse(stdout);
    expect({ omega0, omega0From }).toEqual({ omega0: 20, omega0From: '--omega0' });
    expect(layers).toHaveLength(18);
    expect(layers[0].histogram.reduce((sum: number, n: number) => sum + n)).toBe(layers[0].weights);
    expect(totals.authorsQuantizationError).toBeCloseTo(11.19777, 4);
  });

  test('writes a report without scripts or addresses, whose charts don’t share a name', async () => {
    const report = join(folder, 'report.html');
    const { code } = await signwave('analyze', EXAMPLE_CHECKPOINT, '--report', report);
    expect(code).toBe(0);
    const html = readFileSync(report, 'utf8');
    const charts = html.match(/<svg.*?<\/svg>/gs)!;
    expect(charts).toHaveLength(18 + 2);
    const names = charts.flatMap((chart) => chart.match(/(?<= id=")[^"]+/g) ?? []);
    expect(names.length).toBeGreaterThan(1);
    expect(new Set(names).size).toBe(names.length);
    expect(html.replaceAll(/ xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/<script|https?:|NaN|undefined/);
  });

  test('takes omega0 from the metadata of a safetensors checkpoint', async () => {
    const path = checkpoint('own.safetensors', Float32Array.of(0.1, -0.1), { omega0: '10', stage: '1' });
    const { stdout } = await signwave('analyze', path, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ omega0: 10, omega0From: path, totals: { layers: 1, weights: 2 } });
  });

  test('refuses a config.txt that contradicts the metadata', async () => {
    const path = checkpoint('mine.safetensors', Float32Array.of(0.1), { omega0: '10' });
    const { code, stderr } = await signwave('analyze', path, '--config', 'examples/config.txt');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /E_OMEGA0 examples\/config\.txt has omega0 = 20, but .*mine\.safetensors was trained with 10/,
    );
  });

  test('needs an omega0 from somewhere', async () => {
    const { code, stderr } = await signwave('analyze', checkpoint('bare.safetensors', Float32Array.of(0.1)));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_OMEGA0.*--omega0 20/);
  });

  test('names a layer whose training diverged', async () => {
    const path = checkpoint('diverged.safetensors', Float32Array.of(0.1, Number.NaN));
    const { code, stderr } = await signwave('analyze', path, '--omega0', '20');
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_CHECKPOINT_TENSOR .*"conv\.weight" holds NaN at element 1/);
  });

  test('refuses a checkpoint without binary layers of BiPer', async () => {
    const path = join(folder, 'float.safetensors');
    writeFileSync(path, floatFile(new Map([['fc.weight', { shape: [1], values: Float32Array.of(1) }]])));
    const { code, stderr } = await signwave('analyze', path, '--omega0', '20');
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_CHECKPOINT_ARCH.*none of its 1 tensors/);
  });
});
