import { join } from 'node:path';
import { writeModel } from '@signwave/format';
import { argMax } from '@signwave/lab';
import { openImageSample } from '@signwave/lab/node';
import { load, prepareImage } from '@signwave/runtime';
import { expect, test } from 'vitest';
import { chooseBackend } from '../../trainer/src/backends/choose-backend.js';
import { parseConfig } from '../../trainer/src/config/parse-config.js';
import { train } from '../../trainer/src/run/train.js';
import { openFile } from '../../trainer/test/models/load-checkpoint.js';
import { temporaryFolder } from '../cli/signwave.js';
import { convertAt } from './converted.js';

const DATA = 'examples/fashion-mnist';
const OMEGA0 = 20;
const TRAIN_IMAGES = 48;
const TEST_IMAGES = 100;

test('a checkpoint of the paper’s recipe has gamma = E|sin(omega0 w)| for alpha, and packed it is right on as many images', async () => {
  const stage = { epochs: 1, warmUpEpochs: 0 };
  const config = parseConfig(
    JSON.stringify({
      architecture: 'demo_1w1a',
      recipe: 'paper',
      omega0: OMEGA0,
      stages: { '1': stage, '2': stage },
      batchSize: 8,
      data: { format: 'fashion-mnist', folder: DATA, trainImages: TRAIN_IMAGES, testImages: TEST_IMAGES },
      output: join(temporaryFolder(), 'run'),
    }),
    'paper.json',
  );
  const { evaluation } = await train({ config, backend: await chooseBackend({ force: 'wasm' }) });
  const path = join(config.output, 'best.safetensors');

  const { tensors } = await openFile(path);
  const alphas = [...tensors.keys()].filter((name) => name.endsWith('.alpha'));
  expect(alphas).toHaveLength(6);
  for (const name of alphas) {
    const latent = await tensors.get(name.replace(/alpha$/, 'weight'))!.readF32();
    const gamma = latent.reduce((sum, w) => sum + Math.abs(Math.sin(OMEGA0 * w)), 0) / latent.length;
    for (const value of await tensors.get(name)!.readF32()) expect(value, name).toBeCloseTo(gamma, 5);
  }

  const model = await load(writeModel((await convertAt(path, OMEGA0)).model));
  const sample = await openImageSample(`fashion-mnist:${DATA}`, { limit: TEST_IMAGES });
  const { recipe, height, width } = model.input;
  const confusion = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  for (let n = 0; n < TEST_IMAGES; n++) {
    const { image, label } = (await sample.read(n))!;
    confusion[label]![argMax(model.run(prepareImage(image, recipe!, height, width)))]!++;
  }
  // The same classes mean the same accuracy. None of these images is near a tie.
  expect(confusion).toEqual(evaluation!.confusion);
});
