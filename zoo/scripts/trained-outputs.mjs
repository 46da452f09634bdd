// What a trained network gives for the test images of its data set, by the trainer's own code. `importSource` bundles it for add.mjs.
import { takeImages } from '@signwave/data';
import { chooseBackend } from '../../trainer/src/backends/choose-backend.ts';
import { verifySameConfig } from '../../trainer/src/checkpoint/compare-configs.ts';
import { inferenceFacts } from '../../trainer/src/checkpoint/inference-facts.ts';
import { readConfig } from '../../trainer/src/config/parse-config.ts';
import { NO_AUGMENTATION } from '../../trainer/src/data/batch-plan.ts';
import { openBatches } from '../../trainer/src/data/batch-stream.ts';
import { openData } from '../../trainer/src/data/open-data.ts';
import { trainedNetwork } from '../../trainer/src/run/networks.ts';
import { imagesTensor } from '../../trainer/src/run/tensors.ts';

/** Images of a forward pass. */
const BATCH = 100;

/**
 * @typedef {{
 *   checkpoint: string,
 *   config: string,
 *   folder: string,
 *   backend: import('../../trainer/src/backends/backend-names.ts').BackendName,
 *   only?: readonly number[],
 * }} Request
 *   `config` is the file that the checkpoint has to have been trained with, `folder` that of the data set. `only` are numbers of test
 *   images; by default all are taken.
 */

/**
 * Runs a checkpoint of `signwave train` on the test set, in the set's order, in evaluation.
 *
 * @param {Request} request
 * @throws {import('@signwave/format').SignwaveError} `E_RESUME` if the checkpoint was trained with other settings.
 */
export async function trainedOutputs({ checkpoint: path, config: configPath, folder, backend: force, only }) {
  const asked = await readConfig(configPath);
  const data = await openData({ ...asked.data, folder }, { isStrict: true, log: () => {}, scan: () => {} });
  const backend = await chooseBackend({ force });
  const place = { backend, data, facts: inferenceFacts(asked, data) };
  const { network, checkpoint } = await trainedNetwork(path, undefined, place);
  const { config, stage, epoch, bestAccuracy: accuracyThen } = checkpoint.state;
  verifySameConfig(path, config, asked);
  const test = only ? takeImages(data.test, only) : data.test;
  const { tf } = backend;
  const classes = data.classNames.length;
  network.progress = progressOf(config.stages[stage], epoch);
  const { mean, std, side } = config.data;
  const plan = { seed: 0, batchSize: BATCH, shuffle: false, dropsSingle: false, mean, std, side };
  const batches = openBatches(
    test,
    { ...plan, augmentation: NO_AUGMENTATION },
    { first: { epoch: 0, batch: 0 }, epochs: 1 },
  );
  const logits = new Float32Array(test.count * classes);
  for (let batch = await batches.next(); batch; batch = await batches.next()) {
    const images = imagesTensor(tf, batch, data);
    const output = tf.tidy(() => network.forward(images, false));
    logits.set(await output.data(), batch.batch * BATCH * classes);
    tf.dispose([images, output]);
  }
  await batches.close();
  network.dispose();
  return { config, accuracyThen, logits, labels: test.labels, classNames: data.classNames };
}

/**
 * Where its stage a checkpoint was when it was saved: after an epoch, whose steps it comes from.
 *
 * @param {{ epochs: number, firstEpoch: number } | undefined} stage
 * @param {number} epochsDone
 */
function progressOf(stage, epochsDone) {
  if (!stage) return 0;
  return (epochsDone - 1 - stage.firstEpoch) / (stage.epochs - stage.firstEpoch);
}
