import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFashionMnist } from '../../data/test/node/sets/set-files.js';

/** Makes a folder with some images for training, and two for testing. */
export async function writeDemoData(folder: string, images = 6): Promise<void> {
  mkdirSync(folder);
  await writeFashionMnist(folder, images, 2);
}

/** A config of some epochs of the demo network on them. */
export const demoConfig = (data: string, epochs: number) => ({
  architecture: 'demo_1w1a',
  stages: { '2': { epochs, firstEpoch: 0, warmUpEpochs: 0 } },
  batchSize: 2,
  data: { format: 'fashion-mnist', folder: data },
  output: 'runs',
});

/** The checkpoints below a folder, by their paths. */
export function checkpointsIn(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    files
      .filter((file) => file.endsWith('.safetensors'))
      .map((file) => [file, readFileSync(join(folder, file)).toString('base64')]),
  );
}
