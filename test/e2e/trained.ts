import { join } from 'node:path';
import { type Model as ModelFile, writeModel } from '@signwave/format';
import { argMax } from '@signwave/lab';
import { openImageSample } from '@signwave/lab/node';
import { load, type Model, prepareImage } from '@signwave/runtime';
import { chooseBackend } from '../../trainer/src/backends/choose-backend.js';
import { parseConfig, type TrainConfig } from '../../trainer/src/config/parse-config.js';
import type { Evaluation } from '../../trainer/src/run/evaluate.js';
import { train } from '../../trainer/src/run/train.js';
import { convertAt } from './converted.js';

/** The result of a short training run, packed. */
export interface Trained {
  readonly config: TrainConfig;
  /** Path of `best.safetensors`. */
  readonly checkpoint: string;
  /** The evaluation after the last epoch; with one epoch, it is also that of the checkpoint. */
  readonly evaluation: Evaluation;
  readonly file: ModelFile;
  readonly model: Model;
}

/** Trains by a config, on wasm, and converts the checkpoint without any option. @param folder receives the run. */
export async function trainAndConvert(written: object, folder: string): Promise<Trained> {
  const config = parseConfig(JSON.stringify({ output: join(folder, 'run'), ...written }), 'test.json');
  const { evaluation } = await train({ config, backend: await chooseBackend({ force: 'wasm' }), overwrite: true });
  const checkpoint = join(config.output, 'best.safetensors');
  const { model: file } = await convertAt(checkpoint, {});
  return { config, checkpoint, evaluation: evaluation!, file, model: await load(writeModel(file)) };
}

/**
 * Counts (true class, predicted class) of a packed model on `count` images of a data set: those that training takes, read as
 * `signwave eval` reads them.
 */
export async function packedConfusion(model: Model, spec: string, count: number): Promise<number[][]> {
  const sample = await openImageSample(spec, { limit: count });
  const { recipe, height, width } = model.input;
  const confusion = Array.from({ length: model.outputs }, () => new Array<number>(model.outputs).fill(0));
  for (let n = 0; n < count; n++) {
    const { image, label } = (await sample.read(n))!;
    confusion[label]![argMax(model.run(prepareImage(image, recipe!, height, width)))]!++;
  }
  return confusion;
}
