import type { Conversion } from '@signwave/convert';
import { type Model as ModelFile, packBits, readModel, writeModel } from '@signwave/format';
import { argMax, Verification } from '@signwave/lab';
import { readNpy } from '@signwave/lab/node';
import type { Reference } from '@signwave/reference';
import { load, type Model } from '@signwave/runtime';
import { expect } from 'vitest';
import { sharedPath } from '../shared.js';

/** Tolerance for a different order of sums. If PyTorch's order decides a sign differently, the logits of that image differ by more. */
const LOGIT_TOLERANCE = 1e-4;

/** Share of the images whose first class may change because the order of sums decides a sign. */
const FLIPPED_PART = 0.005;

/**
 * Expects the packed model to have PyTorch's first class on all but {@link FLIPPED_PART} of the images, not counting those where PyTorch's
 * own two best logits are nearly equal (the rule that came with the checkpoints). Most images must have logits within
 * {@link LOGIT_TOLERANCE}; the others have a sign that the order of sums decides.
 *
 * @param goldenName float32 (images, classes) in the folder `checkpoints` of the maintainers' data.
 */
export async function expectLogits(
  file: Conversion['model'],
  inputs: readonly (Uint8Array | Float32Array)[],
  goldenName: string,
): Promise<void> {
  const model = await load(writeModel(file));
  const { data: golden } = await readNpy(sharedPath(`checkpoints/${goldenName}`)!, { types: ['<f4'] });
  const mean = golden.reduce((sum, value) => sum + value, 0) / golden.length;
  const deviation = Math.sqrt(golden.reduce((sum, value) => sum + (value - mean) ** 2, 0) / golden.length);
  let near = 0;
  const flipped: number[] = [];
  inputs.forEach((input, n) => {
    const expected = golden.subarray(n * model.outputs, (n + 1) * model.outputs);
    const logits = model.run(input);
    const worst = logits.reduce((most, value, c) => Math.max(most, Math.abs(value - expected[c]!)), 0);
    if (worst < LOGIT_TOLERANCE) near++;
    const [first, second] = [...expected].sort((a, b) => b - a) as [number, number];
    if (first - second > 0.01 * deviation && argMax(logits) !== argMax(expected)) flipped.push(n);
  });
  expect(flipped.length, `images ${flipped}`).toBeLessThanOrEqual(FLIPPED_PART * inputs.length);
  expect(near / inputs.length).toBeGreaterThanOrEqual(0.9);
}

/** Expects both builds of the kernels to give the reference's bits at every binary layer, and its outputs. */
export async function expectExact(
  file: Conversion['model'],
  inputs: readonly (Uint8Array | Float32Array)[],
): Promise<void> {
  const bytes = writeModel(file);
  const models = { simd: await load(bytes, { kernels: 'simd' }), scalar: await load(bytes, { kernels: 'scalar' }) };
  const verification = new Verification(readModel(bytes), models);
  for (const input of inputs) verification.check(input);
  for (const layer of verification.layers) expect(layer.differing, layer.name).toEqual({ simd: 0, scalar: 0 });
  expect(verification.differingOutputs).toEqual({ simd: 0, scalar: 0 });
}

/** @returns for each sign, the number of bytes of packed bits that differ from the reference's. */
export function differingBits(
  { graph }: ModelFile,
  model: Model,
  maps: ReturnType<Reference['record']>['maps'],
): number[] {
  const signs = graph.nodes.flatMap(({ op }, index) => (op === 'sign' ? [index] : []));
  return signs.map((sign) => {
    const { data } = maps[sign]!;
    const found = model.signBits(sign)!;
    return packBits(data.length, (i) => data[i]! > 0).filter((byte, i) => byte !== found[i]).length;
  });
}
