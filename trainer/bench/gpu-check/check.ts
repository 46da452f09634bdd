// The program of a bundle: runs the check, or one stage of it.
//
//   node check.mjs --bundle FOLDER --work FOLDER --out FOLDER [--minutes 8] [--batches 128,256,512] [--networks resnet20_1w1a,resnet18_1w1a]
//   node check.mjs --stage TASK.json RESULT.json
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ARCHITECTURES } from '../../src/models/index.js';
import { BATCHES, type CheckOptions, NETWORKS, REPORT_FILE, runCheck } from './run-check.js';
import { errorFile } from './run-stage.js';
import { runStage, type StageTask } from './stage.js';

const MOST_MINUTES = 13;

const [first, task, result] = process.argv.slice(2);
if (first === '--stage') {
  const isDone = await runStage(JSON.parse(readFileSync(task!, 'utf8')) as StageTask, result!).then(
    () => true,
    (error: unknown) => {
      console.error((error as Error).message);
      writeFileSync(errorFile(result!), (error as Error).message);
      return false;
    },
  );
  // Dawn's threads would keep the process.
  process.exit(isDone ? 0 : 1);
}
const options = optionsOf(process.argv.slice(2));
const report = await runCheck(options).catch((error: unknown) => fail((error as Error).message));
console.log(`${join(options.out, REPORT_FILE)}: ${report.seconds.toFixed(0)} s`);
process.exit(report.step.measured && report.step.agrees ? 0 : 1);

function optionsOf(args: string[]): CheckOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        bundle: { type: 'string' },
        work: { type: 'string' },
        out: { type: 'string', default: 'gpu-report' },
        minutes: { type: 'string', default: '8' },
        batches: { type: 'string', default: BATCHES.join(',') },
        networks: { type: 'string', default: NETWORKS.join(',') },
        checkout: { type: 'string' },
        started: { type: 'string' },
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes > 0 && minutes <= MOST_MINUTES)) {
      throw new Error(`--minutes ${values.minutes}: expected a number above 0, at most ${MOST_MINUTES}`);
    }
    const batches = values.batches.split(',').map(Number);
    if (!batches.every((it) => Number.isInteger(it) && it >= 2)) {
      throw new Error(`--batches ${values.batches}: expected whole numbers from 2 on, such as ${BATCHES.join(',')}`);
    }
    const networks = values.networks.split(',');
    const unknown = networks.find((name) => !(name in ARCHITECTURES));
    if (unknown !== undefined) {
      throw new Error(
        `--networks: no architecture is called "${unknown}"; known: ${Object.keys(ARCHITECTURES).join(', ')}`,
      );
    }
    return {
      bundle: resolve(values.bundle!),
      work: resolve(values.work!),
      out: resolve(values.out),
      minutes,
      batches,
      networks,
      checkout: values.checkout,
      startedMs: values.started === undefined ? Date.now() : 1000 * Number(values.started),
    };
  } catch (error) {
    return fail((error as Error).message);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
