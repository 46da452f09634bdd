import { ARCHITECTURES, type Architecture, architectureId, convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { bytesSource, type InputNode } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { hwgqModel } from '../../convert/test/checkpoints/build-caffemodel.js';
import { type FloatTensor, floatFile } from '../../convert/test/checkpoints/build-safetensors.js';
import { expectExact } from './agreement.js';
import { randomState, seededRandom } from './random-checkpoint.js';

/** Methods whose networks come in formats of their own. */
const METHODS = ['pcnn', 'bonn', 'lcr', 'dorefa', 'bnn', 'hwgq'];
/** Networks small enough for every run. */
const QUICK = ['dorefa-resnet20_1w1a', 'dorefa-resnet20_1w2a', 'dorefa-resnet20_1w32a', 'bnn-resnet_binary'];
const ALL = process.env.SIGNWAVE_FULL === '1';
const CLASSES = 10;

const networks = ARCHITECTURES.filter(({ method }) => METHODS.includes(method));
const tried = networks.filter((architecture) => ALL || QUICK.includes(architectureId(architecture)));
if (!ALL) console.warn(`${tried.length} networks of ${networks.length}: SIGNWAVE_FULL=1 tries all`);

/** Random tensors as the method's files have them. */
function stateOf(architecture: Architecture): Map<string, FloatTensor> {
  const state = randomState(architecture, CLASSES, 5);
  for (const [name, { shape, values }] of state) {
    if (name.endsWith('.centers')) state.set(name, { shape, values: Float32Array.of(0.538, 1.076, 1.614) });
    const isStoredBinary = ['pcnn', 'bonn'].includes(architecture.method)
      ? name.endsWith('.conv.weight')
      : architecture.name.endsWith('_bw') && /^(?:res.*|conv[2-9]|fc[67])\.weight$/.test(name);
    if (isStoredBinary) state.set(name, { shape, values: values.map((w) => (w < 0 ? -0.02 : 0.02)) });
  }
  return state;
}

describe('a random checkpoint of a published network', () => {
  test.each(tried.map((architecture) => [architectureId(architecture), architecture] as const))(
    '%s runs with the reference’s bits',
    { timeout: 600_000 },
    async (arch, architecture) => {
      const state = stateOf(architecture);
      const file = architecture.method === 'hwgq' ? hwgqModel(state) : floatFile(state);
      const checkpoint = await openCheckpoint(bytesSource(file, 'random'));
      const { model, match } = await convertCheckpoint(checkpoint, { writer: 'signwave test', arch });
      expect(architectureId(match.architecture)).toBe(arch);
      const { height, width, recipe } = model.graph.nodes[0] as InputNode;
      const random = seededRandom(9);
      const image = Float32Array.from({ length: height * width * 3 }, () => random() * 255);
      await expectExact(model, [recipe ? Uint8Array.from(image) : image.map((value) => value / 64 - 2)]);
    },
  );
});
