import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectureId, convertCheckpoint, openCheckpoint } from '@signwave/convert';
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
/** A folder to write what published-logits.py reads; it has the command. */
const FOLDER = process.env.SIGNWAVE_PUBLISHED;
/** Logits that the authors' code computed: published-logits.py wrote them. */
const RECORDED = JSON.parse(readFileSync(new URL('published-logits.json', import.meta.url), 'utf8')) as Record<
  string,
  readonly number[]
>;

const isTried = (id: string): boolean => ALL || QUICK.includes(id);
const ids = [...new Set(publishedNetworks.map(architectureId))];
const tried = ids.filter(isTried);
if (!ALL) console.warn(`${tried.length} networks of ${ids.length}: SIGNWAVE_FULL=1 tries all`);

async function convert(architecture: Architecture) {
  const state = publishedState(architecture);
  const file = architecture.method === 'hwgq' ? hwgqModel(state) : floatFile(state);
  const checkpoint = await openCheckpoint(bytesSource(file, 'random'));
  const { model, match } = await convertCheckpoint(checkpoint, {
    writer: 'signwave test',
    arch: architectureId(architecture),
  });
  return { model, match, input: model.graph.nodes[0] as InputNode };
}

describe('a random checkpoint of a published network', () => {
  test.each(tried)('%s runs with the reference’s bits', { timeout: 600_000 }, async (id) => {
    const { model, match, input } = await convert(published(id));
    expect(architectureId(match.architecture)).toBe(id);
    const image = noiseImage(input.height);
    await expectExact(model, [input.recipe ? image : Float32Array.from(image, (byte) => byte / 64 - 2)]);
  });

  test.each(Object.keys(RECORDED).filter(isTried))('%s has the logits of its authors’ code', async (id) => {
    const { model, input } = await convert(published(id));
    const packed = await load(writeModel(model));
    const logits = packed.run(noiseImage(input.height));
    const expected = RECORDED[id]!;
    const step = logits.length / expected.length;
    const size = Math.max(...expected.map(Math.abs));
    expected.forEach((value, i) => {
      expect(Math.abs(value - logits[i * step]!), `logit ${i * step}`).toBeLessThan(1e-4 * (1 + size));
    });
  });

  test.skipIf(FOLDER === undefined).each(Object.keys(RECORDED))('%s is written for its authors’ code', (id) => {
    mkdirSync(FOLDER!, { recursive: true });
    const architecture = published(id);
    writeFileSync(join(FOLDER!, `${id}.safetensors`), floatFile(publishedState(architecture)));
    writeFileSync(join(FOLDER!, `${id}.rgb`), noiseImage(architecture.preprocess === 'imagenet' ? 224 : 32));
  });
});
