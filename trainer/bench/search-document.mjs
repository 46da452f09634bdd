import { checkpointOf, SEARCH_RUNS } from './search-runs.mjs';

/**
 * A finished run, as its file in docs/runs/search has it.
 *
 * @typedef {{
 *   name: string, seed: number, machine: string, config: { readonly warmStart?: { readonly checkpoint: string } },
 *   epochs: readonly { stage: string, epoch: number, trainAccuracy: number, testAccuracy: number }[],
 * }} SearchResult
 */

const HEAD = `<!-- Written by trainer/bench/search.mjs from the files beside it; do not edit. -->
# A recipe for few epochs

What makes BiPer's ResNet-20 learn CIFAR-10 in few epochs: short runs on all 50,000 training images, batch 128, each changing one thing of another. The accuracies are those of the last epoch
on all 10,000 test images, not of the best one, with batch norms' statistics recomputed from 1000 training images. *Epochs* are those of stages 1 and 2, after those of the network that it starts
from. One standard deviation of an accuracy of 80 % on 10,000 images is 0.4 points, and two seeds of one config differ by about as much. \`npm run search -- --data CIFAR10_FOLDER\` trains what isn't trained yet; the file of a run has its whole config.`;

/**
 * The page.
 *
 * @param {readonly SearchResult[]} results
 */
export function searchDocument(results) {
  const rows = SEARCH_RUNS.flatMap((run) =>
    results
      .filter(({ name }) => name === run.name)
      .sort((a, b) => a.seed - b.seed)
      .map((result) => rowOf(run, result, results)),
  );
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const head = ['run', 'what it changes', 'of', 'seed', 'epochs', 'end of stage 1', 'training', 'test'];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return `${[HEAD, table, ...(machines.length > 0 ? [`Run on ${machines.join('; ')}.`] : [])].join('\n\n')}\n`;
}

/**
 * @param {import('./search-runs.mjs').SearchRun} run
 * @param {SearchResult} result
 * @param {readonly SearchResult[]} results
 */
function rowOf({ name, question, from }, { seed, config, epochs }, results) {
  const last = epochs[epochs.length - 1];
  const ofStage1 = last?.stage === '2' ? epochs.filter(({ stage }) => stage === '1').at(-1) : undefined;
  return [
    `[${name}](${name}-seed${seed}.json)`,
    question,
    name === SEARCH_RUNS[0]?.name ? '' : (from ?? 'base'),
    String(seed),
    epochsOf(config, epochs, results),
    percent(ofStage1?.testAccuracy),
    percent(last?.trainAccuracy),
    percent(last?.testAccuracy),
  ];
}

/**
 * Epochs of each stage that was run, after those of the run that it starts from.
 *
 * @param {SearchResult['config']} config
 * @param {SearchResult['epochs']} epochs
 * @param {readonly SearchResult[]} results
 */
function epochsOf({ warmStart }, epochs, results) {
  const start = results.find(({ name, seed }) => seed === 0 && warmStart?.checkpoint === checkpointOf(name));
  const stages = ['1', '2'].map((key) => epochs.filter(({ stage }) => stage === key).length).filter(Boolean);
  return [...(start ? [`(${start.epochs.length})`] : []), ...stages].join(' + ');
}

/** @param {number | undefined} share */
const percent = (share) => (share === undefined ? '' : `${(100 * share).toFixed(2)} %`);
