import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../trainer/src/backends/choose-backend.js';
import { METHOD_NAMES, METHODS } from '../../trainer/src/methods/index.js';
import type { Method } from '../../trainer/src/methods/method.js';
import { temporaryFolder } from '../cli/signwave.js';
import { compareActivations, compareLoss, compareUpdates, compareWeights, hasLayerLoss } from './compare-quantizers.js';
import { type OracleCase, readArrays, selfTest, writeCases } from './quantizer-cases.js';

/** A Python with the packages of requirements.txt; .ci/run makes one. Without it these tests are skipped. */
const PYTHON = process.env.SIGNWAVE_ORACLE_PYTHON;
if (PYTHON === undefined) console.warn('skipped the quantizers in NumPy: SIGNWAVE_ORACLE_PYTHON is not set');

/** The rules in NumPy for a method, where they aren't called like it, and what its paper and its code don't agree on. */
interface Twins {
  readonly weights?: string;
  readonly activations?: string;
  /** What it adds to the loss, for each layer or for the network. */
  readonly loss?: string;
  /** The sign of 0: 0 by the authors' code, or 1 by their paper. */
  readonly zero?: 1;
}

const TWINS: Readonly<Record<string, Twins>> = {
  biper: { loss: 'wave' },
  bnn: { zero: 1 },
  'xnor-net': { zero: 1 },
  dorefa: { zero: 1 },
  recu: { activations: 'per-sample' },
  'sign-two-stage': { activations: 'per-sample' },
  'full-precision': { activations: 'identity' },
  slb: { activations: 'biper' },
  pcnn: { activations: 'bi-real', loss: 'projection' },
  bonn: { activations: 'bi-real', loss: 'kernels' },
  rad: { weights: 'bnn', activations: 'bnn', loss: 'distribution', zero: 1 },
  'lcr-bnn': { weights: 'ir-net', activations: 'ir-net', loss: 'lipschitz' },
  'dir-net': { activations: 'ir-net', loss: 'attention' },
  mst: { weights: 'recu', activations: 'per-sample', loss: 'spanning-tree' },
  reactnet: { activations: 'rsign' },
};

/**
 * Known differences, by the start of the cases' names: what these methods do isn't yet what was published. When one is put right, its test
 * fails and its entry can be removed.
 */
const DIFFERENT: Readonly<Record<string, readonly string[]>> = {
  // The window on the activations is in the hardtanh before them.
  bnn: ['activations/'],
  rad: ['activations/'],
  // The temperature rises with the share of the run that is done, to the published one; it isn't a factor for each epoch.
  slb: ['weights/slb/p=0.5'],
  // mu and sigma get the mean over a filter's weights, as in the authors' later account, where NumPy has the sum.
  bonn: ['losses/'],
};

const COMPARE = {
  weights: compareWeights,
  activations: compareActivations,
  losses: compareLoss,
  updates: compareUpdates,
};

describe.skipIf(PYTHON === undefined)('quantizers written a second time in NumPy', async () => {
  if (PYTHON === undefined) return;
  const { tf } = await chooseBackend({ force: 'cpu' });
  const folder = temporaryFolder();
  const cases = writeCases(PYTHON, folder);
  const of = (kind: OracleCase['kind'], quantizer: string | undefined): OracleCase[] =>
    cases.filter((oracle) => oracle.kind === kind && oracle.quantizer === quantizer);
  const hasZero =
    (zero: 0 | 1) =>
    ({ options }: OracleCase) =>
      options.zero === undefined || options.zero === zero;

  test('have the gradients that differences give', () => {
    selfTest(PYTHON);
  });

  describe.each(METHOD_NAMES)('%s', (name) => {
    const twins = TWINS[name];
    const weights = of('weights', twins?.weights ?? name);
    const activations = of('activations', twins?.activations ?? name);

    // With the gradient of the cross entropy in it (eta), a loss isn't a function of the layer alone.
    const losses = of('losses', twins?.loss).filter(({ options }) => !options.eta);

    test('is written there', async () => {
      expect(weights.length).toBeGreaterThanOrEqual(3);
      expect(activations.length).toBeGreaterThanOrEqual(3);
      const method: Method = METHODS[name];
      const hasLoss = method.loss !== undefined || hasLayerLoss(tf, name, await readArrays(folder, weights[0]!));
      expect(losses.length > 0).toBe(hasLoss);
    });

    const all = [...weights, ...activations, ...losses, ...of('updates', name)].filter(hasZero(twins?.zero ?? 0));
    for (const oracle of all) {
      const isDifferent = DIFFERENT[name]?.some((start) => oracle.name.startsWith(start)) ?? false;
      (isDifferent ? test.fails : test)(oracle.name, async () => {
        await COMPARE[oracle.kind](tf, name, oracle, await readArrays(folder, oracle));
      });
    }
  });
});
