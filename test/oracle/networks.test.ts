import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exportOnnx } from '@signwave/convert';
import type { Graph } from '@signwave/format';
import { argMax, SourceAgreement } from '@signwave/lab';
import { type Recording, Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/signwave.js';
import { expectExact } from '../e2e/agreement.js';
import { convertOracle, namedSigns, readInputs, signsFile, signsOf, type Verdict } from './oracle.js';

/** A Python with the packages of requirements.txt; .ci/run makes one. Without it these tests are skipped. */
const PYTHON = process.env.SIGNWAVE_ORACLE_PYTHON;
/** Which share of the networks to test, so that two processes can work at the same time: "1/2" is the first of two. */
const [SHARE, SHARES] = (process.env.SIGNWAVE_ORACLE_SHARE ?? '1/1').split('/').map(Number) as [number, number];
/** The largest networks take seconds in the reference, and many under load. */
const TIMEOUT_MS = 900_000;
/** Share of the signs that may be doubtful: they differ, but lie within 1e-5 of their threshold. */
const MAX_DOUBTFUL_PART = 1e-4;
/** Minimum share of images on which the order of sums decides no sign. In these random networks, one such sign changes the logits. */
const MIN_ALONE_PART = 0.95;
const INPUT = '.input.npz';
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(PYTHON === undefined)('networks written a second time in NumPy, on random tensors', () => {
  const folder = process.env.SIGNWAVE_ORACLE_FOLDER ?? temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const alone = { images: 0, close: 0 };
  const names = PYTHON === undefined ? [''] : namesOfShare(PYTHON);
  const isWritten = readdirSync(folder).some((name) => name.endsWith(INPUT));
  if (PYTHON !== undefined && !isWritten) execFileSync(PYTHON, [script('networks.py'), folder, ...names]);

  test.each(names)('%s', { timeout: TIMEOUT_MS }, async (name) => {
    const { model, unfolded } = await convertOracle(folder, name);
    const inputs = await readInputs(folder, name);
    // The packed graph has other bits and weights for channels that are often at their threshold, so its signs are those of the twin.
    const [source, packed] = [new SignRecord(unfolded), new SignRecord(model.graph)];
    const reference = new Reference(model.graph);
    const agreement = new SourceAgreement(unfolded, model.graph);
    for (const input of inputs) {
      const { maps } = reference.record(input);
      packed.add(maps);
      source.add(agreement.check(input, maps));
    }
    const { layers, logits: sourceLogits } = source;
    const { logits } = packed;
    writeFileSync(`${folder}/${name}.signs.npz`, signsFile(layers));
    writeFileSync(`${folder}/${name}.packed.npz`, signsFile(packed.layers));
    writeFileSync(`${folder}/${name}.onnx`, exportOnnx(model));
    writeFileSync(`${folder}/${name}.exact.onnx`, exportOnnx(model, { isExact: true }));
    const printed = execFileSync(PYTHON!, [script('compare.py'), folder, name], { maxBuffer: 1 << 28 });
    const verdict: Verdict = JSON.parse(printed.toString());

    // Given the same signs before it, every layer has the oracle's signs, except at the threshold itself.
    expect(verdict.wrong).toEqual([]);
    expect([...verdict.layers].sort()).toEqual([...layers.keys()].sort());
    const all = [...layers.values()].reduce((sum, { images }) => sum + images.reduce((n, map) => n + map.length, 0), 0);
    expect(verdict.doubtful).toBeLessThanOrEqual(MAX_DOUBTFUL_PART * all);
    sourceLogits.forEach((values, n) => {
      const expected = verdict.logits[n]!;
      const size = Math.max(...expected.map(Math.abs));
      expect(argMax(values), `image ${n}`).toBe(argMax(expected));
      values.forEach((value, c) => {
        expect(Math.abs(value - expected[c]!), `image ${n}, class ${c}`).toBeLessThan(1e-4 * (1 + size));
      });
    });

    // The packed graph has the source's outputs, unless rounding decides a sign or puts a value exactly on the threshold.
    const unexplained = agreement.disagreements.filter(
      ({ image, layer, isNearTie }) => !isNearTie && !hasZeroByChance(layers.get(layer!)!, image),
    );
    expect(unexplained).toEqual([]);

    // The twin decides signs near their threshold by its own order of sums. Given the same signs, it has the same logits.
    expect(verdict.onnxDoubtful).toBeLessThanOrEqual(MAX_DOUBTFUL_PART * all);
    logits.forEach((values, n) => {
      const twin = verdict.onnxLogits[n]!;
      expect(argMax(twin), `ONNX, image ${n}`).toBe(argMax(values));
      values.forEach((value, c) => {
        expect(Math.abs(value - twin[c]!), `ONNX, image ${n}, class ${c}`).toBeLessThan(1e-3);
      });
    });
    // On its own it has them, too, unless the order of sums decides a sign; and always if its sums have the same order.
    const areClose = (n: number, twin: readonly number[]): boolean =>
      argMax(logits[n]!) === argMax(twin) && logits[n]!.every((value, c) => Math.abs(value - twin[c]!) < 1e-3);
    const close = verdict.onnxAloneLogits.filter((twin, n) => areClose(n, twin));
    alone.images += logits.length;
    alone.close += close.length;
    expect(verdict.onnxExactLogits.map((twin, n) => areClose(n, twin))).toEqual(logits.map(() => true));
    console.log(
      `${name}: ${verdict.doubtful} of ${all} signs doubtful, ${verdict.onnxDoubtful} in ONNX Runtime, which alone agrees on ${close.length} of ${logits.length} images`,
    );
    for (const written of ['onnx', 'exact.onnx', 'signs.npz', 'packed.npz']) rmSync(`${folder}/${name}.${written}`);
    await expectExact(model, inputs.slice(0, 1));
  });

  test('ONNX Runtime alone has the reference’s logits on nearly all images', () => {
    console.log(`ONNX Runtime alone: ${alone.close} of ${alone.images} images`);
    expect(alone.close).toBeGreaterThanOrEqual(MIN_ALONE_PART * alone.images);
  });
});

/** Records what a graph computes for some inputs: the signs of each layer (C, H, W), and the logits. */
class SignRecord {
  readonly #signs: ReturnType<typeof namedSigns>;
  readonly layers: ReadonlyMap<string, { readonly shape: readonly number[]; readonly images: Int8Array[] }>;
  readonly logits: Float32Array[] = [];

  constructor(graph: Graph) {
    this.#signs = namedSigns(graph);
    this.layers = new Map(
      this.#signs.map(({ layer, shape: { channels, height, width } }) => {
        return [layer, { shape: [channels, height, width], images: [] }];
      }),
    );
  }

  /** @param maps the maps of all nodes for one input. */
  add(maps: Recording['maps']): void {
    for (const { layer, sign, shape } of this.#signs)
      this.layers.get(layer)!.images.push(signsOf(maps[sign]!.data, shape.channels));
    this.logits.push(maps.at(-1)!.data);
  }
}

/** Whether a channel of signs (C, H, W) is 0 at some pixels, but not at all of them. */
function hasZeroByChance({ shape, images }: { shape: readonly number[]; images: readonly Int8Array[] }, n: number) {
  const [channels, height, width] = shape as [number, number, number];
  const pixels = height * width;
  return Array.from({ length: channels }, (_, c) => images[n]!.subarray(c * pixels, (c + 1) * pixels)).some(
    (signs) => signs.includes(0) && signs.some((sign) => sign !== 0),
  );
}

function namesOfShare(python: string): string[] {
  const which = process.env.SIGNWAVE_FULL ? ['--full'] : [];
  const names = execFileSync(python, [script('networks.py'), '--names', ...which], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return names.filter((_, i) => i % SHARES === SHARE - 1);
}
