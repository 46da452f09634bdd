import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFashionMnist } from '../../../data/test/node/sets/set-files.js';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { parseConfig } from '../../src/config/parse-config.js';
import type { MethodName } from '../../src/methods/index.js';
import { train } from '../../src/run/train.js';

/** Three steps each. */
const EPOCHS = 2;
const RESULTS = ['latest.safetensors', 'best.safetensors'];

/**
 * Runs a method for two epochs of three steps, on the demo network, 6 images of noise and wasm: once as a whole, and once cut after each of
 * some steps and resumed.
 *
 * @returns the names of the files that differ.
 */
export async function filesThatDifferWhenCut(method: MethodName, cuts: readonly number[]): Promise<string[]> {
  const folder = await temporaryFolder();
  const data = join(folder, 'data');
  await mkdir(data);
  await writeFashionMnist(data, 6, 2);
  const written = {
    architecture: 'demo_1w1a',
    method,
    stages: { '1': { epochs: EPOCHS, learningRate: 0.05 } },
    batchSize: 2,
    data: { format: 'fashion-mnist', folder: data },
    seed: 5,
    output: join(folder, 'run'),
  };
  const config = parseConfig(JSON.stringify(written), 'cut.json');
  const backend = await chooseBackend({ force: 'wasm' });
  const files = (): Promise<Buffer[]> => Promise.all(RESULTS.map((name) => readFile(join(config.output, name))));
  await train({ config, backend });
  const whole = await files();
  await rm(config.output, { recursive: true });
  for (const [i, cut] of cuts.entries()) {
    const abort = new AbortController();
    const step = (done: { readonly step: number }): void => {
      if (done.step >= cut) abort.abort();
    };
    await train({ config, backend, resume: i > 0, signal: abort.signal, observer: { step } });
  }
  await train({ config, backend, resume: true });
  const pieces = await files();
  return RESULTS.filter((_, i) => !pieces[i]!.equals(whole[i]!));
}
