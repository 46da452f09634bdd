import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exportOnnx } from '@signwave/convert';
import type { Graph } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { argMax } from '../../cli/src/statistics.js';
import { temporaryFolder } from '../cli/signwave.js';
import { expectExact } from '../e2e/agreement.js';
import { convertOracle, type ExpectedSigns, readExpected } from './oracle.js';

/** A Python with the packages of requirements.txt; .ci/run makes one. Without it these tests are skipped. */
const PYTHON = process.env.SIGNWAVE_ORACLE_PYTHON;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(PYTHON === undefined)('networks written a second time in NumPy, on random tensors', () => {
  const folder = process.env.SIGNWAVE_ORACLE_FOLDER ?? temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const written = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.expected.npz'));
  if (PYTHON !== undefined && written().length === 0) execFileSync(PYTHON, [script('networks.py'), folder]);
  const names = PYTHON === undefined ? [''] : written().map((name) => name.slice(0, -'.expected.npz'.length));

  describe.each(names)('%s', (name) => {
    test('has the bits and logits of the oracle', { timeout: 120_000 }, async () => {
      const { model } = await convertOracle(folder, name);
      const expected = await readExpected(folder, name);
      const reference = new Reference(model.graph);
      const signs = signsOf(model.graph);
      expect(signs.map(({ layer }) => layer).sort()).toEqual([...expected.layers.keys()].sort());
      let agreeing = 0;
      expected.inputs.forEach((input, n) => {
        const { maps } = reference.record(input);
        const first = signs
          .map(({ layer, sign }) => ({ layer, differing: differences(expected.layers.get(layer)!, n, maps[sign]!) }))
          .find(({ differing }) => differing.length > 0);
        if (first) {
          // What follows from one bit may be anything; the bit itself has to lie at its threshold.
          const { isNear } = expected.layers.get(first.layer)!;
          for (const { at, elements } of first.differing) {
            expect(isNear(n, at, elements), `image ${n}, ${first.layer}, element ${at}`).toBe(true);
          }
          return;
        }
        agreeing++;
        const logits = maps.at(-1)!.data;
        const size = Math.max(...expected.logits[n]!.map(Math.abs));
        expect(argMax(logits)).toBe(argMax(expected.logits[n]!));
        logits.forEach((logit, c) => {
          expect(Math.abs(logit - expected.logits[n]![c]!), `image ${n}, class ${c}`).toBeLessThan(1e-4 * (1 + size));
        });
      });
      expect(agreeing).toBeGreaterThanOrEqual(expected.images / 2);
    });

    test('runs with the reference’s bits, and as ONNX in ONNX Runtime', { timeout: 120_000 }, async () => {
      const { model } = await convertOracle(folder, name);
      const { inputs } = await readExpected(folder, name);
      await expectExact(model, inputs.slice(0, 1));
      const path = `${folder}/${name}.onnx`;
      writeFileSync(path, exportOnnx(model));
      const output = execFileSync(PYTHON!, [script('run_onnx.py'), path, `${folder}/${name}.expected.npz`]);
      const twin: number[] = JSON.parse(output.toString());
      const logits = new Reference(model.graph).run(inputs[0]!);
      expect(argMax(twin)).toBe(argMax(logits));
      logits.forEach((logit, c) => {
        expect(Math.abs(logit - twin[c]!), `class ${c}`).toBeLessThan(1e-3);
      });
    });
  });
});

/** The signs that feed a convolution with a name, in the order of the network. */
function signsOf({ nodes, tensors }: Graph): { layer: string; sign: number }[] {
  return nodes.flatMap((node) =>
    node.op === 'conv' && node.name !== undefined && tensors[node.weights]!.dtype === 'bits'
      ? [{ layer: node.name, sign: node.inputs[0]! }]
      : [],
  );
}

function differences(
  expected: ExpectedSigns,
  image: number,
  map: { readonly channels: number; readonly data: Float32Array },
): { at: number; elements: number }[] {
  const { channels, data } = map;
  const pixels = data.length / channels;
  const differing: { at: number; elements: number }[] = [];
  data.forEach((value, i) => {
    const at = (i % channels) * pixels + Math.floor(i / channels);
    if (value > 0 !== expected.isPlus(image, at, data.length)) differing.push({ at, elements: data.length });
  });
  return differing;
}
