import { expect, test } from 'vitest';
import { describeWithShared } from '../../../test/shared.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { StepResult } from '../../src/step.js';
import type { Network, Stage, TrainingBackend } from '../../src/types.js';
import { isRequired } from '../backends/describe-with-backend.js';
import { AuthorsRun } from './authors-run.js';
import { AUTHORS_SIDES } from './authors-sides.js';
import { AUTHORS_STEPS, type NpzArray, readNpz, relativeError } from './authors-steps.js';
import { DoubtfulValues } from './doubtful-values.js';

// float32 can't settle on which side of a threshold a value lies that is 1e-7 away from it, and one sign that differs in the first layers
// makes another network of the last: each turns more. So the sides that the authors' run took were searched for
// (find-authors-sides.test.ts) until their logits, gradients and losses came out, and values within TOLERANCE of a threshold take them.

const TOLERANCE = 1e-5;
const LOSS = 1e-5;
const GRADIENT = 1e-3;
const AFTER_3_STEPS = 1e-3;
/**
 * Batch norm undoes the scale alpha, so the derivative by alpha is a sum that cancels down to epsilon/(variance + epsilon) of its terms.
 * What float32 leaves of it is noise, in PyTorch as here. It is measured against the gradient of that batch norm's scale, a sum of the same
 * terms that doesn't cancel. Summed over the map it is below 1e-5 of that; by way of the scaled filters' gradient, whose own sums are rounded
 * before they cancel, 1e-4 (wasm, tensorflow) to 2.5e-4 (cpu, which adds in sequence).
 */
const ALPHA_NOISE = 5e-4;

/**
 * cpu and software adapters of webgpu take a quarter of a minute a step. In stage 1, where the waves are real, the noise of a step's
 * gradient puts dozens of the next step's signs in doubt: step 2 starts from the authors' own gradients of step 1. Those of step 2 are not
 * stored; authors-sensitivity.test.ts is about step 3.
 */
const RUNS = [
  { name: 'wasm', stage: '1', steps: 2 },
  { name: 'wasm', stage: '2', steps: 3 },
  { name: 'tensorflow', stage: '1', steps: 2 },
  { name: 'tensorflow', stage: '2', steps: 3 },
  { name: 'cpu', stage: '1', steps: 1 },
  { name: 'cpu', stage: '2', steps: 1 },
  { name: 'webgpu', stage: '1', steps: 1 },
  { name: 'webgpu', stage: '2', steps: 1 },
] as const;
/** Back ends that not every machine has. */
const OPTIONAL: readonly string[] = ['tensorflow', 'webgpu'];

type Arrays = ReadonlyMap<string, NpzArray>;

describeWithShared("the authors' first steps", () => {
  const arrays = readNpz(AUTHORS_STEPS!);

  for (const { name, stage, steps } of RUNS) {
    test(`come out on ${name}: stage ${stage}, ${steps} of 3`, { timeout: 600_000 }, async ({ skip }) => {
      const backend = await open(name, skip);
      const doubtful = new DoubtfulValues(backend.tf, TOLERANCE);
      // TensorFlow's own batch norm is off by 1e-5, ten times what the composed one is, and too much for the sides to settle.
      const run = new AuthorsRun({ tf: backend.tf }, await arrays, stage, doubtful);
      for (let step = 1; step <= steps; step++) {
        checkLoss(await run.step(AUTHORS_SIDES[stage][step - 1]!), await arrays, `stage${stage}/step${step}`);
        if (step === 1) {
          checkGradients(run.network, await run.gradients(), await arrays, stage);
          await checkNextRegulariser(run, await arrays, stage);
          if (stage === '1') run.takeAuthorsFirstStep();
        }
      }
      if (steps === 3) await checkAfter3(run.network, await arrays, stage);
      run.dispose();
    });
  }
});

/** Each once: a process that starts Dawn a second time crashes. */
const opened = new Map<string, Promise<TrainingBackend>>();

/** An optional one that is absent is a reason to skip, which is printed, unless the environment says that it has to be there. */
async function open(name: (typeof RUNS)[number]['name'], skip: (reason: string) => never): Promise<TrainingBackend> {
  try {
    if (!opened.has(name)) opened.set(name, chooseBackend({ force: name }));
    const backend = await opened.get(name)!;
    await backend.tf.setBackend(name);
    return backend;
  } catch (error) {
    if (!OPTIONAL.includes(name) || isRequired(name)) throw error;
    const { message } = error as Error;
    console.warn(`skipped the authors' steps on ${name}: ${message}`);
    return skip(message);
  }
}

function checkLoss({ loss, crossEntropy }: StepResult, arrays: Arrays, prefix: string): void {
  const [ce, weighted] = ['ce', 'reg'].map((name) => arrays.get(`${prefix}/${name}`)!.data[0]!) as [number, number];
  expect(Math.abs(crossEntropy / ce - 1), `${prefix}: cross entropy`).toBeLessThan(LOSS);
  expect(Math.abs(loss / (ce + weighted) - 1), `${prefix}: loss`).toBeLessThan(LOSS);
}

function checkGradients(
  { parameters }: Network,
  gradients: readonly Float32Array[],
  arrays: Arrays,
  stage: Stage,
): void {
  const authors = (name: string): Float32Array => arrays.get(`stage${stage}/step1/grad/${name}`)!.data as Float32Array;
  for (const [i, { name }] of parameters.entries()) {
    const difference = distance(gradients[i]!, authors(name));
    const noise = name.endsWith('.alpha') ? ALPHA_NOISE * size(authors(batchNormAfter(name))) : 0;
    expect(difference, `gradient of ${name}`).toBeLessThan(GRADIENT * size(authors(name)) + noise);
  }
}

/** It depends on nothing but the weights after step 1, continuously. */
async function checkNextRegulariser({ network, tau }: AuthorsRun, arrays: Arrays, stage: Stage): Promise<void> {
  const [regulariser] = await network.regulariser().data();
  const authors = arrays.get(`stage${stage}/step2/reg`)!.data[0]!;
  expect(Math.abs((tau * regulariser!) / authors - 1), 'regulariser of step 2').toBeLessThan(LOSS);
}

async function checkAfter3({ parameters, buffers }: Network, arrays: Arrays, stage: Stage): Promise<void> {
  const kept = [
    ...parameters.map(({ name, variable }) => ({ name, tensor: variable })),
    ...buffers.filter(({ name }) => /running|batches/.test(name)).map((it) => ({ name: it.name, tensor: it.get() })),
  ];
  for (const { name, tensor } of kept) {
    const error = relativeError(await tensor.data(), arrays.get(`stage${stage}/after3/${name}`)!.data);
    expect(error, `${name} after 3 steps`).toBeLessThan(AFTER_3_STEPS);
  }
}

/** `layer1.0.conv2.alpha` -> `layer1.0.bn2.weight`. */
function batchNormAfter(alpha: string): string {
  return alpha.replace('conv', 'bn').replace('alpha', 'weight');
}

function size(values: Float32Array): number {
  return Math.hypot(...values);
}

function distance(a: Float32Array, b: Float32Array): number {
  return size(a.map((value, i) => value - b[i]!));
}
