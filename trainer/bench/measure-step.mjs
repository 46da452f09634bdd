// Measures one back end for step.mjs, and prints {loss, ms, device} or {error} as JSON.
//
//   node measure-step.mjs BACKEND BATCH STEPS [TENSORS.json]
//
// TENSORS.json receives the parameters, images and labels that gave the loss, for other frameworks; their numbers go into TENSORS.bin.
import { writeFileSync } from 'node:fs';
import { chooseBackend } from '../src/backends/choose-backend.ts';
import { createNetwork } from '../src/models/index.ts';
import { Sgd } from '../src/optimizer/sgd.ts';
import { seededRandom } from '../src/random.ts';
import { trainStep } from '../src/step.ts';
import { seededBatch } from './seeded-batch.ts';
import { openStockWasm } from './stock-wasm.mjs';

/** @typedef {import('../src/backends/backend-names.ts').BackendName} BackendName */
/** @typedef {import('../src/types.ts').Tensor} Tensor */

const [name, batch, steps, tensorsPath] = process.argv.slice(2);
const CHECKED_IMAGES = 4;
/** Not timed, because the first steps compile kernels and allocate buffers. */
const WARM_UP_STEPS = 3;

try {
  const backend =
    name === 'wasm-stock' ? await openStockWasm() : await chooseBackend({ force: /** @type {BackendName} */ (name) });
  // Losses are compared in stage 1 only. In stage 2, before training, many sums of +-1 equal their mean, and rounding decides their signs.
  const { loss } = await runSteps(backend, '1', CHECKED_IMAGES, 1, tensorsPath);
  const timed =
    Number(steps) > 0 ? await runSteps(backend, '2', Number(batch), WARM_UP_STEPS + Number(steps)) : undefined;
  const ms = timed?.ms.slice(WARM_UP_STEPS).sort((a, b) => a - b);
  console.log(JSON.stringify({ loss, ms, device: backend.device }));
} catch (error) {
  console.log(JSON.stringify({ error: /** @type {Error} */ (error).message }));
}

/**
 * @param {import('../src/types.ts').TrainingBackend} backend
 * @param {import('../src/types.ts').Stage} stage
 * @param {number} images
 * @param {number} count
 * @param {string} [dumpPath]
 * @returns the loss of the first step, and the time of each in milliseconds.
 */
async function runSteps(backend, stage, images, count, dumpPath) {
  const { tf } = backend;
  const random = seededRandom(1);
  const network = createNetwork('resnet20_1w1a', { backend, random, classes: 10, omega0: 20 });
  network.stage = stage;
  const optimizer = new Sgd(tf, network.parameters, { momentum: 0.9, weightDecay: 1.6e-4, decayed: 'all' });
  const { images: x, labels } = seededBatch(tf, random, images);
  if (dumpPath) {
    const parameters = network.parameters.map((it) => ({ name: it.name, tensor: it.variable }));
    await writeTensors(dumpPath, [...parameters, { name: 'images', tensor: x }, { name: 'labels', tensor: labels }]);
  }
  const ms = [];
  let loss;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const result = await trainStep({ tf, network, optimizer, images: x, labels, learningRate: 0.02, tau: 0.0468 });
    ms.push(performance.now() - start);
    loss ??= result.loss;
  }
  tf.dispose([x, labels]);
  optimizer.dispose();
  network.dispose();
  return { loss, ms };
}

/**
 * Writes names, shapes and offsets as JSON, and the numbers as float32 into a file beside it.
 *
 * @param {string} path
 * @param {{ name: string, tensor: Tensor }[]} tensors
 */
async function writeTensors(path, tensors) {
  const values = await Promise.all(tensors.map(({ tensor }) => tensor.data()));
  let from = 0;
  const entries = tensors.map(({ name, tensor }) => {
    const entry = { name, shape: tensor.shape, from, count: tensor.size };
    from += tensor.size;
    return entry;
  });
  writeFileSync(
    path.replace(/json$/, 'bin'),
    Buffer.concat(values.map((it) => new Uint8Array(Float32Array.from(it).buffer))),
  );
  writeFileSync(path, JSON.stringify(entries));
}
