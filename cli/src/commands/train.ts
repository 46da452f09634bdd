import { join } from 'node:path';
import { SignwaveError } from '@signwave/format';
import type { EpochMetrics, TrainConfig, TrainResult } from '@signwave/trainer';
import { type Command, Option } from 'commander';
import { jsonOption } from '../arguments.js';
import { expandHome } from '../expand-home.js';
import { refuseOverwriting } from '../output-guard.js';
import { handleOutputFailure, percent, printJson, printNote, printResult } from '../report/output.js';
import { progressBar } from '../report/progress.js';
import { initConfig } from './init-config.js';

/** What a shell reports for a program that Ctrl-C ended: 128 plus the signal's number. */
const EXIT_INTERRUPTED = 130;
/** Where what was printed is lost, the training is saved all the same. */
const EXIT_FAILED = 1;
const BACKENDS = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const;

interface Options {
  readonly init?: string;
  readonly network?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly strict?: boolean;
  readonly backend?: (typeof BACKENDS)[number];
  readonly data?: string;
  readonly output?: string;
  readonly json?: boolean;
}

export function registerTrain(program: Command): void {
  program
    .command('train')
    .description('train a network by one of the methods, on the fastest back end there is')
    .argument('[config]', 'JSON file, with comments if you like: architecture, method, data, output folder')
    .addOption(
      new Option(
        '--init <method>',
        'write a config to start from, with each value that the method was published with',
      ).conflicts(['resume', 'strict', 'backend', 'json']),
    )
    .option('--network <name>', 'architecture of the config that --init writes')
    .addOption(new Option('--resume', 'go on from latest.safetensors of the output folder').conflicts('overwrite'))
    .option('--overwrite', 'replace the run that is in the output folder, or the file of --init')
    .option('--strict', 'refuse images that can’t be decoded, which are left out otherwise')
    .addOption(new Option('--backend <name>', 'take this back end or fail').choices(BACKENDS))
    .option('--data <folder>', 'folder of the data set, in place of the config’s')
    .option('-o, --output <path>', 'output folder, in place of the config’s; with --init the file to write')
    .addOption(jsonOption())
    .action(run);
}

async function run(configPath: string | undefined, options: Options): Promise<void> {
  const { init, network, ...others } = options;
  if (init !== undefined) {
    if (configPath !== undefined)
      throw new SignwaveError('E_USAGE', `--init writes a config and reads none; leave out ${configPath}`);
    await initConfig({ ...options, init });
    return;
  }
  if (network !== undefined)
    throw new SignwaveError('E_USAGE', '--network belongs to --init; a config has "architecture"');
  if (configPath === undefined) {
    throw new SignwaveError(
      'E_USAGE',
      'name a config; to write one: signwave train --init METHOD --network NAME -o FILE',
    );
  }
  await trainBy(configPath, others);
}

async function trainBy(configPath: string, options: Options): Promise<void> {
  // Loaded here, so that no other command pays for the trainer.
  const { chooseBackend, ProgressBar, readConfig, RUN_FILES, train } = await import('@signwave/trainer');
  const config = withFolders(await readConfig(configPath), options);
  await verifyOutput(configPath, config, RUN_FILES);
  const backend = await chooseBackend({ force: options.backend, log: printNote });
  const bar = new ProgressBar(process.stderr);
  const interrupt = onInterrupt(() => {
    bar.clear();
    printNote('stopping after this step; once more to stop at once, without saving');
  });
  try {
    const result = await train({
      config,
      backend,
      resume: options.resume ?? false,
      overwrite: options.overwrite ?? false,
      strict: options.strict ?? false,
      signal: interrupt.signal,
      log: printNote,
      observer: {
        scan: progressBar('decoding each image once'),
        step: (done) => bar.update(done),
        epoch: (metrics) => {
          bar.clear();
          printNote(epochLine(metrics, config));
        },
      },
    });
    bar.clear();
    report(result, configPath, options, config, backend.name);
  } finally {
    interrupt.end();
  }
}

/** The config with the folders of this run. `~` is expanded here, since no shell does that within a file. */
function withFolders({ distillation, warmStart, ...config }: TrainConfig, { data, output }: Options): TrainConfig {
  return {
    ...config,
    data: { ...config.data, folder: data ?? expandHome(config.data.folder) },
    output: output ?? expandHome(config.output),
    ...(warmStart && { warmStart: { ...warmStart, checkpoint: expandHome(warmStart.checkpoint) } }),
    ...(distillation && { distillation: withPaths(distillation) }),
  };
}

function withPaths({ teacher, cache, ...distillation }: NonNullable<TrainConfig['distillation']>) {
  return {
    ...distillation,
    teacher: expandHome(teacher),
    ...(cache !== undefined && { cache: expandHome(cache) }),
  };
}

/** @throws {SignwaveError} `E_USAGE` if the run would overwrite what it reads, or leave its files among the data. */
async function verifyOutput(
  configPath: string,
  { data, distillation, output, warmStart }: TrainConfig,
  names: readonly string[],
): Promise<void> {
  const inputs = {
    'the config': configPath,
    'the warm start': warmStart?.checkpoint,
    'the teacher': distillation?.teacher,
    'the cache': distillation?.cache,
  };
  const dataOf = { 'the data': data.folder };
  await refuseOverwriting({ folders: { 'the output folder': output }, data: dataOf });
  await refuseOverwriting({
    outputs: { 'the file': names.map((name) => join(output, name)) },
    inputs,
    data: dataOf,
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first Ctrl-C aborts the signal, as do a request to end, the end of the terminal, and output that nobody reads or that doesn't fit on a
 * disk. The next Ctrl-C ends the process as it does by default.
 */
function onInterrupt(say: () => void): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  let hasLostOutput = false;
  const stop = (): void => {
    end();
    if (!controller.signal.aborted) say();
    controller.abort();
  };
  const end = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  handleOutputFailure((what, error) => {
    if (hasLostOutput) return;
    hasLostOutput = true;
    process.exitCode = EXIT_FAILED;
    if (what === 'stdout') printNote(`stdout can't be written: ${error.message}`, { text: 'E_IO', color: 'red' });
    stop();
  });
  return { signal: controller.signal, end };
}

function epochLine(metrics: EpochMetrics, config: TrainConfig): string {
  const { stage, epoch, learningRate, trainLoss, trainAccuracy, testLoss, testAccuracy, imagesPerSecond } = metrics;
  return [
    `stage ${stage}, epoch ${epoch + 1}/${config.stages[stage]?.epochs}`,
    `learning rate ${learningRate.toPrecision(3)}`,
    `training ${trainLoss.toFixed(4)}, ${percent(trainAccuracy, 1)}`,
    `test ${testLoss.toFixed(4)}, ${percent(testAccuracy, 1)}`,
    `${imagesPerSecond.toFixed(0)} images/s`,
  ].join('; ');
}

function report(
  { isComplete, state, evaluation, reportPath }: TrainResult,
  configPath: string,
  options: Options,
  config: TrainConfig,
  backend: string,
): void {
  if (!isComplete) process.exitCode ??= EXIT_INTERRUPTED;
  if (options.json) {
    printJson({
      isComplete,
      output: config.output,
      backend,
      stage: state.stage,
      step: state.step,
      bestTestAccuracy: state.bestAccuracy < 0 ? null : state.bestAccuracy,
      lastTestAccuracy: evaluation?.accuracy ?? null,
      report: reportPath ?? null,
    });
    return;
  }
  if (!isComplete) {
    printNote(`stopped and saved after step ${state.step}; to go on: ${resumeCommand(configPath, options)}`);
    return;
  }
  printResult(
    `${config.architecture}: best test accuracy ${percent(state.bestAccuracy, 1)}, in epoch ${state.bestEpoch + 1} of stage ${state.stage}`,
  );
  printResult(`  checkpoint  ${config.output}/best.safetensors`);
  printResult(`  report      ${reportPath}`);
}

function resumeCommand(configPath: string, { backend, data, output }: Options): string {
  const given = Object.entries({ backend, data, output }).filter(([, value]) => value !== undefined);
  return ['signwave train', configPath, ...given.map(([name, value]) => `--${name} ${value}`), '--resume'].join(' ');
}
