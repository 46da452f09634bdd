import {
  convertCheckpoint,
  integerStem,
  type SourceTie,
  smallerWeightsOf,
  withSmallerWeights,
} from '@signwave/convert';
import {
  type Graph,
  type InputNode,
  isIntegerConv,
  type Model as ModelFile,
  SignwaveError,
  writeModel,
} from '@signwave/format';
import { load, type Model, prepareImage } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, limitOption } from '../arguments.js';
import { openCheckpointFile } from '../data/checkpoint-file.js';
import { openDataset } from '../data/datasets.js';
import { ExpectedOutputs, type ExpectedVerdict } from '../expected-outputs.js';
import { readModelFile, sha256 } from '../files.js';
import { readInputArray } from '../input-array.js';
import { readArch } from '../network-file.js';
import { color, count, printJson, printResult } from '../report/output.js';
import { Progress } from '../report/progress.js';
import { table } from '../report/table.js';
import { tieLines } from '../report/tie-lines.js';
import { SourceAgreement } from '../source-agreement.js';
import { Verification } from '../verification.js';

interface Options {
  readonly checkpoint?: string;
  readonly arch?: string;
  readonly images?: string;
  readonly input?: string;
  readonly expected?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** Part of the images on which a value within a rounding of its threshold may change the first class. */
const FLIPPED_PART = 0.005;

/** The reference takes about a second for a ResNet-18 image, so a default run stays short. */
const DEFAULT_IMAGES = 20;

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('check a model: structure, checksums, every bit against the reference, agreement with its checkpoint')
    .argument('<model>', 'model (.sgnw)')
    .option('--checkpoint <file>', 'the checkpoint it was made from: convert again, compare bytes and outputs')
    .option('--arch <file>', 'the network definition (.mjs, .json) that it was converted with')
    .option('--images <data>', 'cifar10:DIR, fashion-mnist:DIR or a folder of class folders; default: random inputs')
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

interface Check {
  readonly name: string;
  readonly isOk: boolean;
  readonly detail: string;
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
    options.checkpoint === undefined
      ? undefined
      : await compareCheckpoint(options.checkpoint, options.arch, file, bytes);
  if (source) checks.push(...source.checks);

  const model = await load(bytes, { name: modelPath });
  const shared = await load(bytes, { name: modelPath, threads: 2 });
  // One entry where the engine has no SIMD, and none for threads where there are none.
  const models = {
    [model.info().kernels]: model,
    scalar: await load(bytes, { name: modelPath, kernels: 'scalar' }),
    ...(shared.info().threads > 1 && { [`${shared.info().kernels}, 2 threads`]: shared }),
  };
  const verification = new Verification(file, models);
  const agreement = source && new SourceAgreement(source.unfolded, file.graph);
  const inputs = await openInputs(model, file.graph.nodes[0] as InputNode, options);
  const expected =
    options.expected === undefined
      ? undefined
      : await ExpectedOutputs.read(options.expected, inputs.total, model.outputs);
  const progress = new Progress('comparing', inputs.count);
  for (let n = 0; n < inputs.count; n++) {
    const input = await inputs.read(n);
    const maps = verification.check(input);
    agreement?.check(input, maps);
    expected?.check(n, maps.at(-1)!.data);
    progress.update(n + 1);
  }
  progress.end();

  const layers = verification.layers;
  const bits = layers.reduce((sum, layer) => sum + layer.bits, 0);
  const ties = layers.reduce((sum, layer) => sum + layer.ties, 0);
  for (const name of Object.keys(models)) {
    const differing = layers.reduce((sum, layer) => sum + layer.differing[name]!, 0);
    const outputs = verification.differingOutputs[name]!;
    checks.push({
      name: `${name} kernels against the reference`,
      isOk: differing === 0 && outputs === 0,
      detail: `${count(differing)} of ${count(bits)} bits differ, ${outputs} of ${inputs.count} outputs (${inputs.name})`,
    });
  }
  if (agreement) checks.push(agreementCheck(agreement, file.graph));
  if (expected) checks.push(expectedCheck(expected.verdict));
  const isOk = checks.every((check) => check.isOk);
  if (options.json) {
    printJson({
      model: modelPath,
      ok: isOk,
      images: inputs.count,
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
 * Images on which the packed model says something else than its source have to be explained by a value next to a threshold, and few of these may have another
 * first class. Weights stored smaller were asked for: no failure.
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

/** Whether the file was made with one of the options that change what a network says. */
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

/** Convert the checkpoint again, with what the file says, and compare. */
async function compareCheckpoint(
  path: string,
  arch: string | undefined,
  file: ModelFile,
  bytes: Uint8Array,
): Promise<{ unfolded: Graph; ties: readonly SourceTie[]; checks: Check[] }> {
  const { info, graph } = file;
  const { checkpoint, sources, close } = await openCheckpointFile(path);
  try {
    const digest = await sha256(sources);
    const isIntegerStem = graph.nodes.some((node) => isIntegerConv(graph, node));
    const { model, unfolded, ties } = await convertCheckpoint(checkpoint, {
      writer: info.writer,
      arch: await readArch(arch ?? `${info.method}-${info.architecture}`),
      ...(info.omega0 !== undefined && { omega0: info.omega0 }),
    });
    // Recipe, labels and names are the user's; the weights and what is computed with them are the checkpoint's.
    const smaller = withSmallerWeights(model.graph, smallerWeightsOf(graph));
    const converted = isIntegerStem ? integerStem(smaller) : smaller;
    const again = writeModel({
      info,
      graph: { ...converted, nodes: [graph.nodes[0]!, ...converted.nodes.slice(1)] },
    });
    const isSame = again.length === bytes.length && again.every((byte, i) => byte === bytes[i]);
    return {
      // The recipe of a 16-bit stem is not the network's own.
      unfolded: isIntegerStem ? unfolded : { ...unfolded, nodes: [graph.nodes[0]!, ...unfolded.nodes.slice(1)] },
      ties,
      checks: [
        {
          name: 'made from this checkpoint',
          isOk: info.sourceSha256 === undefined || info.sourceSha256 === digest,
          detail: `SHA-256 ${digest.slice(0, 16)}...${info.sourceSha256 === digest ? '' : `, the file says ${info.sourceSha256 ?? 'nothing'}`}`,
        },
        { name: 'converting it again', isOk: isSame, detail: isSame ? 'gives the same bytes' : 'gives other bytes' },
      ],
    };
  } finally {
    await close();
  }
}

interface Inputs {
  readonly name: string;
  /** How many are compared, and how many there are. */
  readonly count: number;
  readonly total: number;
  read(index: number): Promise<Uint8Array | Float32Array>;
}

async function openInputs(model: Model, input: InputNode, options: Options): Promise<Inputs> {
  const { height, width, channels, recipe } = input;
  if (options.input !== undefined) {
    const array = await readInputArray(model, options.input);
    if (array.count === 0)
      throw new SignwaveError('E_NPY', `${options.input}: it holds no inputs; expected at least one`);
    const compared = Math.min(options.limit ?? array.count, array.count);
    return { name: options.input, count: compared, total: array.count, read: async (n) => array.read(n) };
  }
  if (options.images !== undefined && recipe) {
    const dataset = await openDataset(options.images);
    return {
      name: dataset.name,
      count: Math.min(options.limit ?? DEFAULT_IMAGES, dataset.count),
      total: dataset.count,
      read: async (index) => prepareImage((await dataset.read(index)).image, recipe, height, width),
    };
  }
  const size = height * width * channels;
  const random = seededBytes(1);
  return {
    name: `random ${recipe ? 'bytes' : 'floats'} for ${model.metadata.name}`,
    count: options.limit ?? DEFAULT_IMAGES,
    total: options.limit ?? DEFAULT_IMAGES,
    read: async () =>
      recipe ? Uint8Array.from({ length: size }, random) : Float32Array.from({ length: size }, () => random() / 64 - 2),
  };
}

/** Bytes of a linear congruential generator (Numerical Recipes' constants): the same on every machine. */
function seededBytes(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}
