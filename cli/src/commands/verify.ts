import type { PartOptions } from '@signwave/convert';
import { DATA_ARGUMENT } from '@signwave/data';
import { SignwaveError } from '@signwave/format';
import { type Check, type LayerVerdict, loadBuilds, type StepsVerdict, verifyModel } from '@signwave/lab';
import {
  compareCheckpoint,
  compareTflite,
  DEFAULT_IMAGES,
  isFileOf,
  openVerifyInputs,
  readExpectedOutputs,
  readModelFile,
} from '@signwave/lab/node';
import type { Model } from '@signwave/runtime';
import type { Command } from 'commander';
import { announceProgram } from '../announce-program.js';
import { jsonOption, limitOption, modelArgument, prefixOption, stateDictOption } from '../arguments.js';
import { count, printJson, printRemark, printResult } from '../report/output.js';
import { progressBar } from '../report/progress.js';
import { table } from '../report/table.js';
import { tieLines } from '../report/tie-lines.js';
import { noteWork } from '../work-note.js';

interface Options extends PartOptions {
  readonly checkpoint?: string;
  readonly arch?: string;
  readonly images?: string;
  readonly input?: string;
  readonly expected?: string;
  readonly steps?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** Networks of Larq Compute Engine keep its roundings, so that outputs are nearer than those of other networks. */
const LARQ_TOLERANCE = 1e-5;

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('check a model: structure, checksums, every bit against the reference, agreement with its checkpoint')
    .addArgument(modelArgument('<model>'))
    .option(
      '--checkpoint <file>',
      'the checkpoint or .tflite it was made from: convert again, compare bytes and outputs',
    )
    .option(
      '--arch <file>',
      'the network definition that it was converted with (.json), or the program, which is run (.mjs)',
    )
    .addOption(stateDictOption())
    .addOption(prefixOption())
    .option('--images <data>', `${DATA_ARGUMENT}; default: random inputs`)
    .option(
      '--input <file>',
      'inputs from an array: uint8 (N, H, W, C) raw images, or float32 (N, C, H, W) or (N, H, W, C) preprocessed',
    )
    .option(
      '--expected <file>',
      'with --input: outputs that your own code computed for it, (N, classes) or (N, H, W, C), to compare with',
    )
    .option(
      '--steps <file>',
      'with --input and the .tflite as --checkpoint: what an interpreter gave at each operator for the first input (.npz)',
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
  const isTflite = options.checkpoint !== undefined && (await isFileOf('TensorFlow Lite', options.checkpoint));
  if (options.steps !== undefined && !(isTflite && options.input !== undefined)) {
    throw new SignwaveError(
      'E_USAGE',
      '--steps needs --checkpoint, the .tflite whose operators they are of, and --input, whose first input they are for',
    );
  }
  const { model: file, bytes } = await readModelFile(modelPath);
  const checks: Check[] = [
    {
      name: 'structure and checksums',
      isOk: true,
      detail: `${count(bytes.length)} bytes, ${file.graph.nodes.length} nodes, ${file.graph.tensors.length} tensors`,
    },
  ];
  const tflite = isTflite ? await compareTflite(options.checkpoint!, file, bytes) : undefined;
  // Nothing is run for a .tflite.
  if (options.checkpoint !== undefined && !tflite) announceProgram(options.arch);
  const source =
    options.checkpoint === undefined || tflite
      ? undefined
      : await compareCheckpoint(options.checkpoint, options, file, bytes);
  checks.push(...((tflite ?? source)?.checks ?? []));

  const models = await loadBuilds(bytes, modelPath);
  const [model] = Object.values(models) as [Model];
  const inputs = await openVerifyInputs(model, { ...options, onRemark: printRemark });
  noteWork(file, bytes, inputs.count);
  const { images, layers, ties, expected, ...found } = await verifyModel(file, models, inputs, {
    source: source?.unfolded,
    expected:
      options.expected === undefined
        ? undefined
        : await readExpectedOutputs(
            options.expected,
            inputs.total,
            model.outputs,
            file.info.method === 'larq' ? LARQ_TOLERANCE : undefined,
          ),
    onProgress: progressBar('comparing'),
  });
  checks.push(...found.checks);
  const steps = options.steps === undefined ? undefined : await tflite!.compareSteps(options.steps, inputs);
  checks.push(...(steps?.checks ?? []));
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
      ...(expected && { expected }),
      ...(steps && { steps: stepsJson(steps) }),
    });
  } else {
    for (const { isOk, name, detail } of checks)
      printResult(` ${name}: ${detail}`, isOk ? { text: 'ok', color: 'green' } : { text: 'FAILED', color: 'red' });
    if (ties > 0)
      printResult(
        `    ${count(ties)} inputs lay exactly at a threshold, where the source network's sign gives another value`,
      );
    for (const line of tieLines(source?.ties ?? [])) printResult(`    ${line}`);
    if (layers.length > 0) printResult(['', ...layerTable(layers, Object.keys(models))]);
  }
  if (!isOk) process.exitCode = 1;
}

function stepsJson({ steps, firstSign }: StepsVerdict) {
  return {
    operators: steps.map(({ operator: { index, kind }, difference, tolerance }) => ({
      index,
      kind,
      difference,
      tolerance,
    })),
    ...(firstSign && {
      firstSign: {
        index: firstSign.operator.index,
        differing: firstSign.differing,
        of: firstSign.of,
        farthest: firstSign.farthest,
      },
    }),
  };
}

function layerTable(layers: readonly LayerVerdict[], names: readonly string[]): string[] {
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
