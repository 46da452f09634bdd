import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Architecture,
  architectureId,
  type Conversion,
  convertCheckpoint,
  openCheckpoint,
} from '@signwave/convert';
import { bytesSource, type InputNode, writeModel } from '@signwave/format';
import { load } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { hwgqModel } from '../../convert/test/checkpoints/build-caffemodel.js';
import { floatFile } from '../../convert/test/checkpoints/build-safetensors.js';
import { expectExact } from './agreement.js';
import { noiseImage, published, publishedNetworks, publishedState } from './published-state.js';

/** Networks small enough for every run. */
const QUICK = ['dorefa-resnet20_1w1a', 'dorefa-resnet20_1w2a', 'dorefa-resnet20_1w32a', 'bnn-resnet_binary'];
const ALL = process.env.SIGNWAVE_FULL === '1';
/** A folder to write what published-logits.py and caffe-logits.py read; they have the command. */
const FOLDER = process.env.SIGNWAVE_PUBLISHED;
/** Ten logits of each network, evenly over all classes. */
type Logits = Readonly<Record<string, readonly number[]>>;
const read = (name: string): Logits => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const RECORDED: Logits = { ...read('published-logits.json'), ...read('caffe-logits.json') };

const ids = [...new Set(publishedNetworks.map(architectureId))];
const isTried = (id: string): boolean => ALL || QUICK.includes(id);
const tried = ids.filter(isTried);
if (!ALL) console.warn(`${tried.length} networks of ${ids.length}: SIGNWAVE_FULL=1 tries all`);

function fileOf(architecture: Architecture): Uint8Array {
  const state = publishedState(architecture);
  return architecture.method === 'hwgq' ? hwgqModel(state) : floatFile(state);
}

async function convert(id: string): Promise<Conversion & { readonly image: Uint8Array | Float32Array }> {
  const checkpoint = await openCheckpoint(bytesSource(fileOf(published(id)), 'random'));
  const conversion = await convertCheckpoint(checkpoint, { writer: 'signwave test', arch: id });
  const { recipe } = conversion.model.graph.nodes[0] as InputNode;
  const image = noiseImage(id);
  return { ...conversion, image: recipe ? image : Float32Array.from(image, (byte) => byte / 64 - 2) };
}

describe('a random checkpoint of a published network', () => {
  test.each(tried)('%s runs with the reference’s bits', { timeout: 600_000 }, async (id) => {
    const { model, match, image } = await convert(id);
    expect(architectureId(match.architecture)).toBe(id);
    await expectExact(model, [image]);
  });

  test.each(Object.keys(RECORDED).filter((id) => isTried(id) || id === 'hwgq-vgg_small'))(
    '%s has the logits of other code: of its authors, or of OpenCV',
    { timeout: 600_000 },
    async (id) => {
      const { model, image } = await convert(id);
      const logits = (await load(writeModel(model))).run(image);
      const expected = RECORDED[id]!;
      const step = logits.length / expected.length;
      const size = Math.max(...expected.map(Math.abs));
      expected.forEach((value, i) => {
        expect(Math.abs(value - logits[i * step]!), `logit ${i * step}`).toBeLessThan(1e-5 * (1 + size));
      });
    },
  );

  test.skipIf(FOLDER === undefined).each(Object.keys(RECORDED))('%s is written for that other code', (id) => {
    mkdirSync(FOLDER!, { recursive: true });
    const architecture = published(id);
    const kind = architecture.method === 'hwgq' ? 'caffemodel' : 'safetensors';
    writeFileSync(join(FOLDER!, `${id}.${kind}`), fileOf(architecture));
    writeFileSync(join(FOLDER!, `${id}.rgb`), noiseImage(id));
  });
});
