import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exportOnnx } from '@signwave/convert';
import type { Graph, Model } from '@signwave/format';
import { type Recording, Reference } from '@signwave/reference';
import { beforeAll, describe, expect, test } from 'vitest';
import { argMax } from '../../cli/src/statistics.js';
import { temporaryFolder } from '../cli/signwave.js';
import { expectExact } from '../e2e/agreement.js';
import { convertOracle, type Expected, type ExpectedSigns, readExpected } from './oracle.js';

/** A Python with the packages of requirements.txt; .ci/run makes one. Without it these tests are skipped. */
const PYTHON = process.env.SIGNWAVE_ORACLE_PYTHON;
/** The largest networks take seconds in the reference, and many under load. */
const TIMEOUT_MS = 300_000;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(PYTHON === undefined)('networks written a second time in NumPy, on random tensors', () => {
  const folder = process.env.SIGNWAVE_ORACLE_FOLDER ?? temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const written = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.expected.npz'));
  if (PYTHON !== undefined && written().length === 0) execFileSync(PYTHON, [script('networks.py'), folder]);
  const names = PYTHON === undefined ? [''] : written().map((name) => name.slice(0, -'.expected.npz'.length));

  describe.each(names)('%s', (name) => {
    let model: Model;
    let expected: Expected;
    /** Maps of every node, by image. */
    let recordings: Recording[];

    beforeAll(async () => {
      ({ model } = await convertOracle(folder, name));
      expected = await readExpected(folder, name);
      const reference = new Reference(model.graph);
      recordings = expected.inputs.map((input) => reference.record(input));
    }, TIMEOUT_MS);

    test('has the bits and logits of the oracle', () => {
      const signs = signsOf(model.graph);
      expect(signs.map(({ layer }) => layer).sort()).toEqual([...expected.layers.keys()].sort());
      let agreeing = 0;
      recordings.forEach(({ maps }, n) => {
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

    test('runs with the reference’s bits', { timeout: TIMEOUT_MS }, async () => {
      await expectExact(model, expected.inputs.slice(0, 1));
    });

    test('has an ONNX twin that passes ONNX’s checker, with the same logits in ONNX Runtime', {
      timeout: TIMEOUT_MS,
    }, () => {
      const path = `${folder}/${name}.onnx`;
      writeFileSync(path, exportOnnx(model));
      const output = execFileSync(PYTHON!, [script('run_onnx.py'), path, `${folder}/${name}.expected.npz`]);
      const twin: number[] = JSON.parse(output.toString());
      const logits = recordings[0]!.maps.at(-1)!.data;
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
