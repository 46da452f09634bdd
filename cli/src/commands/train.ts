import { SignwaveError } from '@signwave/format';
import type { TrainConfig, TrainResult } from '@signwave/trainer';
import { type Command, Option } from 'commander';
import { jsonOption } from '../arguments.js';
import { percent, printJson, printNote, printResult } from '../report/output.js';
import { backendOption } from '../training/backend-option.js';
import { verifyOutputs, withFolders } from '../training/folders.js';
import { EXIT_INTERRUPTED } from '../training/interrupt.js';
import { withTrainer } from '../training/with-trainer.js';
import { initConfig } from './init-config.js';
import { type SweepOptions, trainSweep } from './train-sweep.js';

interface Options extends SweepOptions {
  readonly init?: string;
  readonly network?: string;
  readonly sweep?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
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
      ).conflicts(['resume', 'strict', 'backend', 'json', 'sweep']),
    )
    .option('--network <name>', 'architecture of the config that --init writes')
    .addOption(
      new Option(
        '--sweep <file>',
        'train the runs of a sweep: a JSON file with a config and what to change in it; finished runs are left alone, others go on',
      ).conflicts(['resume', 'overwrite']),
    )
    .addOption(
      new Option('--shard <i/n>', 'with --sweep: every nth run from the ith on; auto: as a scheduler says').conflicts(
        'only',
      ),
    )
    .option('--only <run>', 'with --sweep: one run, by its name')
    .addOption(
      new Option('--list [form]', 'with --sweep: print the runs and train none: a name a line, or with its config')
        .choices(['names', 'jsonl'])
        .preset('names')
        .conflicts(['summary', 'json']),
    )
    .option('--summary', 'with --sweep: print how far each run is and train none; ends with 1 unless all are finished')
    .addOption(new Option('--resume', 'go on from latest.safetensors of the output folder').conflicts('overwrite'))
    .option('--overwrite', 'replace the run that is in the output folder, or the file of --init')
    .option('--strict', 'refuse images that can’t be decoded, which are left out otherwise')
    .addOption(backendOption())
    .option('--data <folder>', 'folder of the data set, in place of the config’s')
    .option(
      '-o, --output <path>',
      'output folder, in place of the config’s; with --sweep that of all runs; with --init the file to write',
    )
    .addOption(jsonOption())
    .action(run);
}

async function run(configPath: string | undefined, options: Options): Promise<void> {
  const { init, network, sweep, ...others } = options;
  if (init !== undefined) {
    if (configPath !== undefined)
      throw new SignwaveError('E_USAGE', `--init writes a config and reads none; leave out ${configPath}`);
    await initConfig({ ...options, init });
    return;
  }
  if (network !== undefined)
    throw new SignwaveError('E_USAGE', '--network belongs to --init; a config has "architecture"');
  if (sweep !== undefined) {
    if (configPath !== undefined)
      throw new SignwaveError('E_USAGE', `${configPath}: a sweep names its config itself, as "base"`);
    await trainSweep(sweep, others);
    return;
  }
  const ofSweep = (['shard', 'only', 'list', 'summary'] as const).find((name) => options[name] !== undefined);
  if (ofSweep !== undefined) throw new SignwaveError('E_USAGE', `--${ofSweep} belongs to --sweep`);
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
  const { readConfig, RUN_FILES } = await import('@signwave/trainer');
  const config = withFolders(await readConfig(configPath), options);
  await verifyOutputs([config], { 'the config': configPath }, RUN_FILES);
  await withTrainer(options.backend, async ({ backend, train }) => {
    const { resume = false, overwrite = false, strict = false } = options;
    report(await train(config, { resume, overwrite, strict }), configPath, options, config, backend);
  });
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
