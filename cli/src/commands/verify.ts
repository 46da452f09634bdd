import { type PartOptions, smallerWeightsOf } from '@signwave/convert';
import { DATA_ARGUMENT } from '@signwave/data';
import { type Graph, type InputNode, isIntegerConv, SignwaveError } from '@signwave/format';
import { load } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, limitOption, prefixOption, stateDictOption } from '../arguments.js';
import { readModelFile } from '../files.js';
import { color, count, printJson, printResult } from '../report/output.js';
import { Progress } from '../report/progress.js';
import { table } from '../report/table.js';
import { tieLines } from '../report/tie-lines.js';
import { type Check, compareCheckpoint } from '../verify/against-checkpoint.js';
import { ExpectedOutputs, type ExpectedVerdict } from '../verify/expected-outputs.js';
import { DEFAULT_IMAGES, openVerifyInputs } from '../verify/inputs.js';
import { SourceAgreement } from '../verify/source-agreement.js';
import { Verification } from '../verify/verification.js';

interface Options extends PartOptions {
  readonly checkpoint?: string;
  readonly arch?: string;
  readonly images?: string;
  readonly input?: string;
  readonly expected?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** Greatest share of the images whose first class may change because a value lies within a rounding of its threshold. */
const FLIPPED_PART = 0.005;

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('check a model: structure, checksums, every bit against the reference, agreement with its checkpoint')
    .argument('<model>', 'model (.sgnw)')
    .option('--checkpoint <file>', 'the checkpoint it was made from: convert again, compare bytes and outputs')
    .option('--arch <file>', 'the network definition (.mjs, .json) that it was converted with')
    .addOption(stateDictOption())
    .addOption(prefixOption())
    .option('--images <data>', `${DATA_ARGUMENT}; default: random inputs`)
    .option(
      '--input <file>',
      'inputs from an array: uint8 (N, H, W, C) raw images, or float32 (N, C, H, W) preprocessed',
    )
    .option(
      '--expected <file>',
      'with --input: outputs that your own code computed for it, float32 (N, classes), to compare with',
    )
    .addOption(limitOption(`images (default ${DEFAULT_IMAGES}; of --input all)`))
    .addOption(jsonOption())
    .action(verify);
}

async function verify(modelPath: string, options: Options): Promise<void> {
  if (options.expected !== undefined && options.input === undefined) {
    throw new SignwaveError('E_USAGE', '--expected needs --input, the array that its outputs were computed for');
  }
  if (options.input !== undefined && options.images !== undefined) {
    throw new SignwaveError('E_USAGE', 'give --input or --images, not both');
  }
  const { model: file, bytes } = await readModelFile(modelPath);
  const checks: Check[] = [
    {
      name: 'structure and checksums',
      isOk: true,
      detail: `${count(bytes.length)} bytes, ${file.graph.nodes.length} nodes, ${file.graph.tensors.length} tensors`,
    },
  ];
  const source =
    options.checkpoint === undefined ? undefined : await compareCheckpoint(options.checkpoint, options, file, bytes);
  if (source) checks.push(...source.checks);

  const model = await load(bytes, { name: modelPath });
  const shared = await load(bytes, { name: modelPath, threads: 2 });
  // Has one entry if the engine has no SIMD, and none for threads if there are none.
  const models = {
    [model.info().kernels]: model,
    scalar: await load(bytes, { name: modelPath, kernels: 'scalar' }),
    ...(shared.info().threads > 1 && { [`${shared.info().kernels}, 2 threads`]: shared }),
  };
  const verification = new Verification(file, models);
  const agreement = source && new SourceAgreement(source.unfolded, file.graph);
  const inputs = await openVerifyInputs(model, file.graph.nodes[0] as InputNode, options);
  const expected =
    options.expected === undefined
      ? undefined
      : await ExpectedOutputs.read(options.expected, inputs.total, model.outputs);
  let images = 0;
  const progress = new Progress('comparing', inputs.count);
  for (let n = 0; n < inputs.count; n++) {
    const input = await inputs.read(n);
    if (input) {
      images++;
      const maps = verification.check(input);
      agreement?.check(input, maps);
      expected?.check(n, maps.at(-1)!.data);
    }
    progress.update(n + 1);
  }
  progress.end();
  inputs.end();

  const layers = verification.layers;
  const bits = layers.reduce((sum, layer) => sum + layer.bits, 0);
  const ties = layers.reduce((sum, layer) => sum + layer.ties, 0);
  for (const name of Object.keys(models)) {
    const differing = layers.reduce((sum, layer) => sum + layer.differing[name]!, 0);
    const outputs = verification.differingOutputs[name]!;
    checks.push({
      name: `${name} kernels against the reference`,
      isOk: differing === 0 && outputs === 0,
      detail: `${count(differing)} of ${count(bits)} bits differ, ${outputs} of ${images} outputs (${inputs.name})`,
    });
  }
  if (agreement) checks.push(agreementCheck(agreement, file.graph));
  if (expected) checks.push(expectedCheck(expected.verdict));
  const isOk = checks.every((check) => check.isOk);
  if (options.json) {
    printJson({
      model: modelPath,
      ok: isOk,
      images,
      checks,
      ties,
      layers,
      ...(source && { keptTies: source.ties }),
      ...(expected && { expected: expected.verdict }),
    });
  } else {
    for (const check of checks)
      printResult(`${check.isOk ? color('green', 'ok') : color('red', 'FAILED')}  ${check.name}: ${check.detail}`);
    if (ties > 0)
      printResult(
        `    ${count(ties)} inputs lay exactly at a threshold, where the source network's sign gives another value`,
      );
    for (const line of tieLines(source?.ties ?? [])) printResult(`    ${line}`);
    if (layers.length > 0) printResult(`\n${layerTable(layers, Object.keys(models))}`);
  }
  if (!isOk) process.exitCode = 1;
}

/**
 * Compares the packed model with its source. Where they differ, a value next to a threshold has to explain it, and only few such images may
 * get another first class. A difference because weights are stored smaller is no failure, since that was asked for.
 */
function agreementCheck(agreement: SourceAgreement, graph: Graph): Check {
  const { images, sameTop1, maxDifference, zeros, disagreements } = agreement;
  const isChanged = changesOutputs(graph);
  const wrong = disagreements.filter(({ isNearTie }) => !isNearTie);
  const flipped = disagreements.filter(({ isNearTie, isSameTop1 }) => isNearTie && !isSameTop1);
  const at = wrong[0]?.layer === undefined ? '' : `, first at ${wrong[0].layer}`;
  return {
    name: 'agreement with the network as trained',
    isOk: isChanged || (wrong.length === 0 && flipped.length <= Math.ceil(FLIPPED_PART * images)),
    detail: [
      `same first class on ${sameTop1} of ${images}, largest difference of an output ${maxDifference.toExponential(1)}`,
      ...(zeros > 0 ? [`${count(zeros)} of its signs are 0`] : []),
      ...(isChanged
        ? ['some of its weights are stored smaller']
        : wrong.length > 0
          ? [
              `outputs on ${wrong.length} differ by more than roundings, with no value next to a threshold to explain it${at}`,
            ]
          : disagreements.length > 0
            ? [`outputs on ${disagreements.length} differ since a value lay within a rounding of its threshold`]
            : []),
    ].join('; '),
  };
}

/** Whether the file was made with one of the options that change a network's outputs. */
function changesOutputs(graph: Graph): boolean {
  return Object.keys(smallerWeightsOf(graph)).length > 0 || graph.nodes.some((node) => isIntegerConv(graph, node));
}

function expectedCheck({ isOk, images, sameTop1, within, tolerance, largestDifference }: ExpectedVerdict): Check {
  return {
    name: 'outputs as expected',
    isOk,
    detail:
      `same first class on ${sameTop1} of ${images}; ${within} of ${images} within ${tolerance} of the largest output, ` +
      `largest difference ${largestDifference.toExponential(1)} of it`,
  };
}

function layerTable(layers: Verification['layers'], names: readonly string[]): string {
  return table(
    [
      { title: 'binary layer' },
      { title: 'bits compared', align: 'right' },
      ...names.map((name) => ({ title: `${name} differs`, align: 'right' as const })),
      { title: 'ties', align: 'right' },
    ],
    layers.map((layer) => [
      layer.name,
      count(layer.bits),
      ...names.map((name) => count(layer.differing[name]!)),
      count(layer.ties),
    ]),
  );
}
