import { expect } from 'vitest';
import { METHODS, type MethodName, optionsOf } from '../../trainer/src/methods/index.js';
import type { Method } from '../../trainer/src/methods/method.js';
import type { FilterShape, Phase, QuantizerOptions } from '../../trainer/src/quantizers/types.js';
import type { Scalar, Tensor, Tensor4D, Tf, Variable } from '../../trainer/src/types.js';
import { OracleLayer } from './oracle-layer.js';
import type { OracleArray, OracleCase } from './quantizer-cases.js';

/** Largest difference, relative to the largest element. Quantizers compute in float32, the oracle in float64. */
const TOLERANCE = 1e-4;
/** OMEGA0 of quantizer_cases.py. */
const OMEGA0 = 20;
const TO_NHWC = [0, 2, 3, 1];
const TO_NCHW = [0, 3, 1, 2];

type Arrays = ReadonlyMap<string, OracleArray>;

/** Compares quantized weights, the gradients to latents and parameters, and what the method does with the latents after a step. */
export async function compareWeights(tf: Tf, name: MethodName, oracle: OracleCase, arrays: Arrays): Promise<void> {
  const layer = layerOf(tf, arrays);
  const quantize = methodOf(name).weights(tf, optionsFor(name, oracle), layer);
  const phase = phaseOf(oracle);
  if (layer.hasOwnBuffers) for (const task of layer.epochTasks) await task(phase);
  // What is done before the first step, too.
  if (arrays.has('after.kept')) {
    runStepTasks(layer);
    await expectSame('latents', layer.weight, arrays.get('after.kept')!);
  }
  const g = tf.tensor4d(arrays.get('in.g')!.values, [...layer.shape]);
  await expectSame('quantized weights', quantize(layer.weight as Tensor4D, phase, true), arrays.get('forward')!);
  const latents = arrays.has('gradient.kept') ? 'kept' : 'latents';
  const inputs = new Map([[latents, layer.weight], ...layer.parameters]);
  await expectGradients(tf, inputs, arrays, () =>
    quantize(layer.weight as Tensor4D, phase, true)
      .mul(g)
      .sum(),
  );
  if (arrays.has('after.latents')) {
    runStepTasks(layer);
    await expectSame('latents after the step', layer.weight, arrays.get('after.latents')!);
  }
}

/** Compares quantized activations, and the gradients to activations and parameters. */
export async function compareActivations(tf: Tf, name: MethodName, oracle: OracleCase, arrays: Arrays): Promise<void> {
  const { shape, values } = arrays.get('in.a')!;
  const phase = phaseOf(oracle);
  const a = tf.variable(tf.tensor4d(values, shape as [number, number, number, number]));
  const g = tf.tensor4d(arrays.get('in.g')!.values, shape as [number, number, number, number]);
  // What is quantized in training may change buffers, so each pass has a layer of its own.
  const start = () => {
    const layer = new OracleLayer(tf, [1, shape[1]!, 3, 3], arrays);
    const quantize = methodOf(name).activations(tf, optionsFor(name, oracle), layer);
    const quantized = (): Tensor4D => quantize(a.transpose(TO_NHWC), true, phase).transpose<Tensor4D>(TO_NCHW);
    return { layer, quantized };
  };
  await expectSame('quantized activations', start().quantized(), arrays.get('forward')!);
  const { layer, quantized } = start();
  await expectGradients(tf, new Map([['a', a], ...layer.parameters]), arrays, () => quantized().mul(g).sum());
}

/** Whether the method, with its options' defaults, adds a term to the loss for each layer. @param arrays of any of its cases. */
export function hasLayerLoss(tf: Tf, name: MethodName, arrays: Arrays): boolean {
  const layer = layerOf(tf, arrays);
  methodOf(name).weights(tf, { omega0: OMEGA0, options: optionsOf(name) }, layer);
  return layer.terms.length > 0;
}

/** Compares what the method adds to the loss, for a layer or for the network, and the gradients. */
export async function compareLoss(tf: Tf, name: MethodName, oracle: OracleCase, arrays: Arrays): Promise<void> {
  const weight = Number(oracle.options.weight);
  const { inputs, loss } =
    methodOf(name).loss === undefined
      ? await layerLoss(tf, name, oracle, arrays)
      : networkLoss(tf, name, oracle, arrays);
  const weighed = (): Scalar => loss().mul<Scalar>(weight);
  await expectSame('loss', weighed(), arrays.get('forward')!);
  await expectGradients(tf, inputs, arrays, weighed);
}

interface Loss {
  /** By their name in the case. */
  readonly inputs: ReadonlyMap<string, Variable>;
  readonly loss: () => Scalar;
}

async function layerLoss(tf: Tf, name: MethodName, oracle: OracleCase, arrays: Arrays): Promise<Loss> {
  const layer = layerOf(tf, arrays);
  methodOf(name).weights(tf, optionsFor(name, oracle), layer);
  const phase = phaseOf(oracle);
  for (const task of layer.epochTasks) await task(phase);
  return {
    inputs: new Map([['latents', layer.weight], ...layer.parameters]),
    loss: () => layer.terms.reduce<Scalar>((sum, term) => sum.add(term(phase)), tf.scalar(0)),
  };
}

/** The maps by the names that a network gives them: s0 and t0 are the first stage of student and teacher, a0 the first batch norm. */
const FEATURES: readonly (readonly [prefix: string, features: readonly string[]])[] = [
  ['s', ['stage1', 'stage2', 'stage3', 'stage4']],
  ['t', ['stage1', 'stage2', 'stage3', 'stage4']],
  ['a', ['layer1.0.bn1', 'layer1.0.bn2']],
];

function networkLoss(tf: Tf, name: MethodName, oracle: OracleCase, arrays: Arrays): Loss {
  const inputs = new Map<string, Variable>();
  const variable = (key: string): Variable => {
    const { shape, values } = arrays.get(`in.${key}`)!;
    inputs.set(key, tf.variable(tf.tensor(values, [...shape])));
    return inputs.get(key)!;
  };
  const maps = new Map(
    FEATURES.map(([prefix, names]) => {
      const present = names.map((feature, i) => [feature, `${prefix}${i}`] as const);
      return [
        prefix,
        present.filter(([, key]) => arrays.has(`in.${key}`)).map(([at, key]) => [at, variable(key)] as const),
      ];
    }),
  );
  const network = {
    stages: maps.get('s')!.length,
    binaryLayers: maps.get('a')!.map(([feature]) => feature.replace('bn', 'conv')),
  };
  const compute = methodOf(name).loss!(
    tf,
    optionsFor(name, oracle).options,
    (parameter) => variable(parameter),
    network,
  );
  const inNetwork = (...prefixes: string[]): Map<string, Tensor> =>
    new Map(prefixes.flatMap((prefix) => maps.get(prefix)!.map(([at, map]) => [at, map.transpose(TO_NHWC)] as const)));
  const images = [...inputs.values()][0]!.shape[0]!;
  const loss = (): Scalar =>
    compute({
      features: inNetwork('s', 'a'),
      teacher: maps.get('t')!.length > 0 ? inNetwork('t') : undefined,
      logits: tf.zeros([images, 10]),
      labels: tf.zeros([images], 'int32'),
      phase: phaseOf(oracle),
    });
  // The teacher isn't trained.
  const trained = [...inputs].filter(([key]) => arrays.has(`gradient.${key}`));
  return { inputs: new Map(trained), loss };
}

/** Compares the buffers that a method has changed at the start of an epoch and in a step. */
export async function compareUpdates(tf: Tf, name: MethodName, oracle: OracleCase, arrays: Arrays): Promise<void> {
  const layer = layerOf(tf, arrays);
  const quantize = methodOf(name).weights(tf, optionsFor(name, oracle), layer);
  const phase = phaseOf(oracle);
  for (const task of layer.epochTasks) await task(phase);
  quantize(layer.weight as Tensor4D, phase, true);
  runStepTasks(layer);
  for (const [key, array] of arrays) {
    if (!key.startsWith('after.')) continue;
    const buffer = layer.buffers.get(key.slice('after.'.length));
    expect(buffer, `${name} has no buffer for ${key}`).toBeDefined();
    await expectSame(key, buffer!.get(), array);
  }
}

function layerOf(tf: Tf, arrays: Arrays): OracleLayer {
  return new OracleLayer(tf, arrays.get('in.latents')!.shape as unknown as FilterShape, arrays);
}

const methodOf = (name: MethodName): Method => METHODS[name];

function optionsFor(name: MethodName, { kind, options }: OracleCase): QuantizerOptions {
  const known = methodOf(name).options ?? {};
  const { zero, ...given } = kind === 'losses' || kind === 'updates' ? {} : options;
  for (const option of Object.keys(given)) expect(Object.keys(known), `options of ${name}`).toContain(option);
  return { omega0: OMEGA0, options: optionsOf(name, given) };
}

function phaseOf({ stage, epoch, epochs }: OracleCase): Phase {
  return { stage: stage === 1 ? '1' : '2', progress: epoch / epochs };
}

function runStepTasks(layer: OracleLayer): void {
  for (const task of layer.stepTasks) task();
}

/** @param inputs by their name in the case. */
async function expectGradients(
  tf: Tf,
  inputs: ReadonlyMap<string, Variable>,
  arrays: Arrays,
  loss: () => Tensor,
): Promise<void> {
  const { grads } = tf.variableGrads(loss as () => Scalar, [...inputs.values()]);
  for (const [name, variable] of inputs) {
    const expected = arrays.get(`gradient.${name}`);
    expect(expected, `the oracle has no gradient to ${name}`).toBeDefined();
    // A loss that doesn't depend on a variable has no gradient to it.
    await expectSame(`gradient to ${name}`, grads[variable.name] ?? tf.zerosLike(variable), expected!);
  }
  const compared = new Set([...inputs.keys()].map((name) => `gradient.${name}`));
  expect([...arrays.keys()].filter((key) => key.startsWith('gradient.') && !compared.has(key))).toEqual([]);
}

async function expectSame(what: string, tensor: Tensor, expected: OracleArray): Promise<void> {
  const values = await tensor.data();
  expect(values.length, `elements of ${what}`).toBe(expected.values.length);
  const size = expected.values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const wrong = Array.from(values, (value, i) => ({ i, value, expected: expected.values[i]! })).filter(
    ({ value, expected: other }) => !(Math.abs(value - other) <= TOLERANCE * size),
  );
  const shown = wrong.slice(0, 8).map(({ i, value, expected: other }) => `[${i}] ${value}, NumPy ${other}`);
  const found = `${wrong.length} of ${values.length} elements of ${what} differ: ${shown.join('; ')}`;
  expect(wrong.length, found).toBe(0);
}
