import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runName, splitEpochs, tableConfig } from '../../bench/table-config.mjs';
import { floatOf, METHODS_WITHOUT_ROW, nameOf, TABLE_ROWS } from '../../bench/table-rows.mjs';
import { tablesDocument } from '../../bench/tables-document.mjs';
import { parseConfig } from '../../src/config/parse-config.js';
import { METHOD_NAMES, METHODS, type Method, type MethodName } from '../../src/methods/index.js';
import { oneStage, type StageSettings } from '../../src/methods/preset.js';
import { ARCHITECTURES } from '../../src/models/index.js';
import type { Stage } from '../../src/types.js';

type Row = (typeof TABLE_ROWS)[number];
type Architecture = keyof typeof ARCHITECTURES;

const BUDGET = { images: 10_000, testImages: 5_000, epochs: 10, batch: 128 };
const ROWS = TABLE_ROWS.map((row) => [nameOf(row), row] as const);

function presetOf({ architecture, method }: Row) {
  return METHODS[method as MethodName].preset(ARCHITECTURES[architecture as Architecture]);
}

function configOf(row: Row, budget = BUDGET) {
  const isImageNet = ARCHITECTURES[row.architecture as Architecture].family === 'imagenet-resnet';
  const { teacher }: Method = METHODS[row.method as MethodName];
  const distillation = teacher && { teacher: 'teacher.safetensors', architecture: floatOf(row.architecture) };
  const data = { format: isImageNet ? 'folder' : 'cifar10', folder: 'data' };
  const written = { ...tableConfig(row, presetOf(row), budget, 1), distillation, data, output: 'runs/a' };
  return parseConfig(JSON.stringify(written), 'a.json');
}

const rowNamed = (name: string) => TABLE_ROWS.find((row) => nameOf(row) === name)!;

describe('the rows of the paper’s tables', () => {
  test('are 57, each with a name of its own', () => {
    expect(TABLE_ROWS).toHaveLength(57);
    expect(new Set(TABLE_ROWS.map(nameOf)).size).toBe(TABLE_ROWS.length);
  });

  test.each(ROWS)('have a sound config within the budget: %s', (_, row) => {
    const { stages, batchSize, seed } = configOf(row);
    const run = Object.values(stages).reduce((sum, { epochs, firstEpoch }) => sum + epochs - firstEpoch, 0);
    expect([run, batchSize, seed]).toEqual([BUDGET.epochs, BUDGET.batch, 1]);
  });

  test.each(ROWS)('are trained as published at the published budget: %s', (_, row) => {
    const preset = presetOf(row);
    const lengths = Object.values(preset.stages).map(({ epochs, firstEpoch }) => epochs - firstEpoch);
    const epochs = lengths.reduce((sum, length) => sum + length, 0);
    const { stages } = configOf(row, { ...BUDGET, epochs, batch: preset.batchSize });
    expect(stages).toEqual(preset.stages);
  });

  test.each(METHOD_NAMES)('have the method %s, or it is listed as one without a row', (method) => {
    const hasRow = TABLE_ROWS.some((row) => row.method === method);
    expect(hasRow).toBe(!METHODS_WITHOUT_ROW.includes(method));
  });

  test('share a run if network, method and options are the same, and only then', () => {
    const run = (name: string) => runName(rowNamed(name), 0);
    expect(run('2-resnet20-full-precision')).toBe(run('3-resnet20-full-precision'));
    expect(run('2-resnet20-ir-net')).not.toBe(run('3-resnet20-ir-net'));
    expect(runName(rowNamed('2-resnet20-ir-net'), 0)).not.toBe(runName(rowNamed('2-resnet20-ir-net'), 1));
  });
});

describe('a recipe at a smaller budget', () => {
  const stage = (row: string, key: Stage, budget = BUDGET): StageSettings =>
    configOf(rowNamed(row), budget).stages[key]!;

  test('splits its epochs as the published stages', () => {
    expect(splitEpochs(10, [600, 299])).toEqual([7, 3]);
    expect(splitEpochs(2, [600, 10])).toEqual([1, 1]);
    expect(splitEpochs(10, [400])).toEqual([10]);
  });

  test('scales SGD’s rate in proportion to the batch, and Adam’s by the square root', () => {
    const published = METHODS.biper.preset({ family: 'resnet20', precision: '1w1a' });
    expect(stage('3-resnet20-biper', '1').learningRate).toBeCloseTo(published.stages['1']!.learningRate / 2, 10);
    const adam = METHODS['bi-real'].preset({ family: 'imagenet-resnet', precision: '1w1a' });
    const expected = adam.stages['1']!.learningRate * Math.sqrt(BUDGET.batch / adam.batchSize);
    expect(stage('4-resnet18-bi-real', '1').learningRate).toBeCloseTo(expected, 10);
  });

  test('shortens warm-up in proportion, and leaves out BiPer’s, which has one length', () => {
    const preset = oneStage(128, { epochs: 600, learningRate: 0.1, warmUpEpochs: 5 });
    const warmUp = (epochs: number) =>
      tableConfig(rowNamed('3-resnet20-recu'), preset, { ...BUDGET, epochs }, 0).stages['1']!.warmUpEpochs;
    expect([10, 240, 600].map(warmUp)).toEqual([0, 2, 5]);
    expect(stage('3-resnet20-biper', '1', { ...BUDGET, epochs: 360 }).warmUpEpochs).toBe(0);
  });
});

const page = readFileSync(new URL('../../../docs/tables.md', import.meta.url), 'utf8');
const { runs } = JSON.parse(readFileSync(new URL('../../bench/tables-results.json', import.meta.url), 'utf8'));

describe('docs/tables.md', () => {
  test('has what trainer/bench/tables-results.json gives: run npm run tables', () => {
    expect(page).toBe(tablesDocument(runs, METHODS));
  });

  test('takes a row’s runs from the largest budget, one number for each seed, of the last epoch', () => {
    const epochs = [0.5, 0.75, 0.625].map((testAccuracy, epoch) => ({
      stage: '1' as const,
      epoch,
      testAccuracy,
      trainAccuracy: 0,
    }));
    const run = (seed: number, count: number) => ({
      run: `resnet20_1w1a-ir-net-seed${seed}`,
      seed,
      budget: { ...BUDGET, epochs: count },
      machine: 'a machine',
      epochs: epochs.slice(0, count),
    });
    const document = tablesDocument([run(0, 2), run(1, 3), run(0, 3)], METHODS);
    expect(document).toContain('| IR-Net | 1/1 | 86.5 | 62.50, 62.50 | 10,000 images x 3 epochs, batch 128 |');
  });
});
