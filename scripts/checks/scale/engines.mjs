// How each example of examples/scale runs on this machine: the commands of its README, on an engine with one node.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withBroker } from './nats.mjs';
import { withSlurm } from './slurm.mjs';

/**
 * @typedef {object} Place
 * @property {string} folder has the example's files, `model.sgnw`, `list.txt` and `list.jsonl`; its commands run here
 * @property {(command: string, variables?: Readonly<Record<string, string>>) => string} shell runs it in that folder, and gives what it printed
 */

/** Each gives the answers to the list, a line for a line. @type {Readonly<Record<string, (place: Place) => string | Promise<string>>>} */
export const ENGINES = {
  parallel: ({ folder, shell }) => {
    const [shares, stream] = commandsOf(folder);
    shell(shares);
    const answers = readFileSync(join(folder, 'answers.jsonl'), 'utf8');
    shell(stream.replace('produce-paths', 'cat list.txt'));
    const paths = readFileSync(join(folder, 'list.txt'), 'utf8').trim().split('\n');
    const streamed = answers.replace(/^\{"id":(\d+)/gm, (_, number) => `{"id":${JSON.stringify(paths[number - 1])}`);
    if (readFileSync(join(folder, 'answers.jsonl'), 'utf8') !== streamed) throw new Error('--pipe gave other answers');
    return answers;
  },

  pyspark: ({ folder, shell }) => {
    const [submit] = commandsOf(folder);
    // A master, and two executors in processes of their own.
    shell(submit.replace('spark://HOST:7077', "'local-cluster[2,1,1024]'"));
    return readdirSync(join(folder, 'answers'))
      .filter((name) => name.startsWith('part-'))
      .sort()
      .map((name) => readFileSync(join(folder, 'answers', name), 'utf8'))
      .join('');
  },

  ray: ({ folder, shell }) => {
    shell(commandsOf(folder)[0]);
    return shell(
      `python -c "import pyarrow.dataset; print(*pyarrow.dataset.dataset('answers').to_table().sort_by('id')['answer'].to_pylist(), sep='\\n')"`,
    );
  },

  slurm: ({ folder, shell }) =>
    withSlurm(folder, async (variables) => {
      shell(commandsOf(folder)[0], variables);
      while (shell('squeue --noheader', variables).trim()) await new Promise((resolve) => setTimeout(resolve, 500));
      return readFileSync(join(folder, 'answers.jsonl'), 'utf8');
    }),

  nats: ({ folder, shell }) =>
    withBroker(folder, async (variables) => {
      // The workers of its README would stay; they end when the answers are there.
      shell(`trap 'kill $(jobs -p); wait' EXIT\n${commandsOf(folder)[0]}`, variables);
      return readFileSync(join(folder, 'answers.jsonl'), 'utf8');
    }),

  kubernetes: ({ folder, shell }) => {
    const { completions, template } = JSON.parse(
      shell(`python -c "
import json, kubernetes_validate, yaml
job = yaml.safe_load(open('job.yaml'))
kubernetes_validate.validate(job, '1.31', strict=True)
print(json.dumps(job['spec']))"`),
    );
    const [{ command }] = template.spec.containers;
    // The last pod first: nothing says in which order they start.
    for (let index = completions - 1; index >= 0; index--) {
      const [program, ...args] = command.map((/** @type {string} */ it) => it.replace(/^\/data\b/, folder));
      shell([program, ...args].join(' '), { JOB_COMPLETION_INDEX: String(index) });
    }
    shell(`signwave merge ${folder}/answers -o answers.jsonl`);
    return readFileSync(join(folder, 'answers.jsonl'), 'utf8');
  },
};

/** The blocks of commands in an example's README. @param {string} folder @returns {string[]} */
function commandsOf(folder) {
  const text = readFileSync(join(folder, 'README.md'), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => /** @type {string} */ (commands));
}

/** Runs a command of bash in a folder. @param {string} folder @param {Readonly<Record<string, string>>} variables @returns {Place['shell']} */
export function shellIn(folder, variables) {
  return (command, more) =>
    execFileSync('bash', ['-euo', 'pipefail', '-c', command], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...variables, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 28,
    });
}
