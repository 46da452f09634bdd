// Times training steps of each method against BiPer's, in turn, and prints [{method, ms, biperMs, teacherMs?}] as JSON: medians.
//
//   node measure-methods.mjs BACKEND BATCH STEPS METHOD,METHOD,...
import { chooseBackend } from '../src/backends/choose-backend.ts';
import { METHODS } from '../src/methods/index.ts';
import { createNetwork } from '../src/models/index.ts';
import { createOptimizer } from '../src/optimizer/index.ts';
import { seededRandom } from '../src/random.ts';
import { trainStep } from '../src/step.ts';
import { seededBatch } from './seeded-batch.ts';

/** @typedef {import('../src/backends/backend-names.ts').BackendName} BackendName */
/** @typedef {import('../src/methods/index.ts').MethodName} MethodName */
/** @typedef {import('../src/methods/method.ts').Method} Method */
/** @typedef {import('../src/types.ts').Network} Network */

const [name, batch, steps, list] = /** @type {[string, string, string, string]} */ (process.argv.slice(2));
/** Not timed, because the first steps compile kernels and allocate buffers. */
const WARM_UP_STEPS = 3;

const backend = await chooseBackend({ force: /** @type {BackendName} */ (name) });
const { tf } = backend;
const { images, labels } = seededBatch(tf, seededRandom(1), Number(batch));

const results = [];
for (const method of /** @type {MethodName[]} */ (list.split(','))) results.push(await timeMethod(method));
console.log(JSON.stringify(results));

/** @param {MethodName} method */
async function timeMethod(method) {
  const runners = [await runnerOf('biper'), await runnerOf(method)];
  /** @type {number[][]} */
  const times = [[], []];
  for (let i = 0; i < WARM_UP_STEPS + Number(steps); i++) {
    for (const [which, { step }] of runners.entries()) {
      const start = performance.now();
      await step();
      if (i >= WARM_UP_STEPS) times[which]?.push(performance.now() - start);
    }
  }
  const [biperMs, ms] = times.map(median);
  const teacherMs = await timeTeacher(runners[1]?.teacher);
  for (const { dispose } of runners) dispose();
  return { method, ms, biperMs, ...(teacherMs !== undefined && { teacherMs }) };
}

/**
 * A network of one method with its own optimizer, network and loss: in stage 2 if it has two.
 *
 * @param {MethodName} name
 */
async function runnerOf(name) {
  /** @type {Method} */
  const method = METHODS[name];
  const place = /** @type {const} */ ({ family: 'resnet20', precision: '1w1a' });
  const stage = method.stages ? '2' : '1';
  const settings = method.preset(place).stages[stage];
  if (!settings) throw new Error(`${name} has no preset of stage ${stage}`);
  const common = { backend, random: seededRandom(1), classes: 10, omega0: 20 };
  const network = createNetwork('resnet20_1w1a', { ...common, method: name });
  const teacher = method.teacher && createNetwork('resnet20_float', { ...common, method: 'full-precision' });
  network.stage = stage;
  network.progress = 0.5;
  await network.beforeEpoch();
  const optimizer = createOptimizer(tf, network.parameters, settings);
  return {
    teacher,
    step: () =>
      trainStep({
        tf,
        network,
        optimizer,
        images,
        labels,
        learningRate: 1e-3,
        tau: settings.tau,
        ...(teacher && { distillation: { teacher, temperature: 4, weight: 0 } }),
      }),
    dispose: () => {
      optimizer.dispose();
      network.dispose();
      teacher?.dispose();
    },
  };
}

/**
 * A teacher's forward pass alone, which is part of its student's step.
 *
 * @param {Network | undefined} teacher
 */
async function timeTeacher(teacher) {
  if (!teacher) return undefined;
  const times = [];
  for (let i = 0; i < WARM_UP_STEPS + Number(steps); i++) {
    const start = performance.now();
    const logits = tf.tidy(() => teacher.forward(images, true));
    await logits.data();
    logits.dispose();
    if (i >= WARM_UP_STEPS) times.push(performance.now() - start);
  }
  return median(times);
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
