import { expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { createNetwork } from '../../src/models/index.js';
import { seededRandom } from '../../src/random.js';

const create = async (given: object) => {
  const backend = await chooseBackend({ force: 'wasm' });
  return createNetwork('demo_1w1a', { backend, random: seededRandom(1), classes: 10, omega0: 20, ...given });
};
const ofLayer = (name: string): boolean => name.startsWith('layer1.0.conv1.');

test('ReCU has weight, alpha and tau in its state dict, and tau is that of the epoch', async () => {
  const network = await create({ method: 'recu' });
  const names = [...network.parameters, ...network.buffers].map(({ name }) => name);
  expect(names.filter(ofLayer).map((name) => name.slice('layer1.0.conv1.'.length))).toEqual(['weight', 'alpha', 'tau']);
  const tau = network.buffers.find(({ name }) => name === 'layer1.0.conv1.tau')!;
  network.progress = 0.5;
  await network.beforeEpoch();
  const rise = 0.14 / (Math.E - 1);
  expect((await tau.get().data())[0]).toBeCloseTo(rise * Math.exp(0.5) + 0.85 - rise, 6);
  network.dispose();
});

test('its weights in BiPer’s networks still find one tau there, and beta', async () => {
  const network = await create({ method: 'biper', weights: 'recu' });
  const relics = network.buffers.map(({ name }) => name).filter(ofLayer);
  expect(relics.toSorted()).toEqual(['layer1.0.conv1.beta', 'layer1.0.conv1.tau']);
  network.dispose();
});
