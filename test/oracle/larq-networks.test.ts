import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { convertTflite, lowerTflite, readTflite } from '@signwave/convert';
import { writeModel } from '@signwave/format';
import { compareSteps } from '@signwave/lab';
import { openFileSource, readExpectedOutputs, readNpy, readRecordedSteps } from '@signwave/lab/node';
import { load } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { LARQ_ZOO } from '../../scripts/documents/write-larq.mjs';
import { temporaryFolder } from '../cli/signwave.js';
import { expectExact } from '../e2e/agreement.js';

/** A Python with the packages of bench/larq/requirements.txt; .ci/run --full makes one. Without it these tests are skipped. */
const PYTHON = process.env.SIGNWAVE_LARQ_PYTHON;
/** Of the random weights; any other one has to pass, too. */
const SEED = process.env.SIGNWAVE_SEED ?? '1';
/** Where what was found is written to, beside what is there of other networks, for scripts/documents/write-larq.mjs. */
const FACTS = process.env.SIGNWAVE_LARQ_FACTS;
const NETWORKS = process.env.SIGNWAVE_LARQ_NETWORKS?.split(' ') ?? LARQ_ZOO;
/** The reference takes seconds for most of them, twice, and many under load. */
const TIMEOUT_MS = 1_800_000;
/** Of an output, as a share of the largest. */
const TOLERANCE = 1e-5;
const SCRIPT = fileURLToPath(new URL('larq_networks.py', import.meta.url));

/** What is found of a network. */
interface LarqFacts {
  readonly network: string;
  readonly tfliteBytes: number;
  readonly fileBytes: number;
  readonly operators: number;
  /** Operators that are equal to the last bit, given their operands. */
  readonly exact: number;
  /** The largest difference of the others, as a share of the largest output. */
  readonly sumDifference: number;
  /** Of the network's outputs, as a share of the largest. */
  readonly outputDifference: number;
  /** Signs of the first layer where some differ, if any do. */
  readonly differingSigns: number;
}

function keepFacts(found: LarqFacts): void {
  if (FACTS === undefined) return;
  const kept: { networks: LarqFacts[] } = existsSync(FACTS)
    ? JSON.parse(readFileSync(FACTS, 'utf8'))
    : { networks: [] };
  const all = [...kept.networks.filter(({ network }) => network !== found.network), found];
  const networks = all.sort((a, b) => LARQ_ZOO.indexOf(a.network) - LARQ_ZOO.indexOf(b.network));
  writeFileSync(FACTS, `${JSON.stringify({ networks }, null, 2)}\n`);
}

describe.skipIf(PYTHON === undefined)(
  'a network of larq’s zoo with random, hostile weights, run by its own engine',
  () => {
    const folder = process.env.SIGNWAVE_LARQ_FOLDER ?? temporaryFolder();
    test.each(NETWORKS)('%s', { timeout: TIMEOUT_MS }, async (network) => {
      const at = (name: string): string => `${folder}/${network}/${name}`;
      if (!existsSync(at('steps.npz'))) execFileSync(PYTHON!, [SCRIPT, folder, SEED, network], { stdio: 'ignore' });
      const source = await openFileSource(at('model.tflite'));
      const tflite = await readTflite(source);
      await source.close();
      const { data: input } = await readNpy(at('input.npy'), { types: ['<f4'] });

      const { steps, firstSign, checks } = compareSteps(
        tflite,
        lowerTflite(tflite),
        input,
        await readRecordedSteps(at('steps.npz'), tflite),
        'steps.npz',
      );
      expect(checks.filter(({ isOk }) => !isOk)).toEqual([]);

      const { model: file } = convertTflite(tflite, { writer: 'test' });
      await expectExact(file, [input]);
      const bytes = writeModel(file);
      const model = await load(bytes);
      const expected = await readExpectedOutputs(at('output.npy'), 1, model.outputs, TOLERANCE);
      expected.check(0, model.run(input));
      model.dispose();
      const { largestDifference, within } = expected.verdict;
      // Where a sign near its threshold differs, outputs may as well; that it was near was checked above.
      if (!firstSign) expect({ within, largestDifference }).toEqual({ within: 1, largestDifference });
      keepFacts({
        network,
        tfliteBytes: statSync(at('model.tflite')).size,
        fileBytes: bytes.length,
        operators: steps.length,
        exact: steps.filter(({ difference }) => difference === 0).length,
        sumDifference: Math.max(...steps.map(({ difference }) => difference)),
        outputDifference: largestDifference,
        differingSigns: firstSign?.differing ?? 0,
      });
    });
  },
);
