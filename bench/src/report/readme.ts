import { DEFAULT_FAMILY } from '../families.js';
import { type Results, timingOf } from '../results.js';
import { grouped, milliseconds, times } from './markdown.js';
import { changedOutputs, layerTable, machineLine, networkTable } from './tables.js';

const START = '<!-- results: written by scripts/bench.mjs --write, do not edit -->';
const END = '<!-- /results -->';
/** The network that the first table shows. */
const EXAMPLE = 'resnet20-cifar10';

/** README.md with the text between its `results` markers rewritten from bench/results.json. */
export function withResults(readme: string, results: Results): string {
  const from = readme.indexOf(START);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error('README.md has no results markers');
  return `${readme.slice(0, from + START.length)}\n${readmeResults(results)}\n${readme.slice(to)}`;
}

function readmeResults({ evaluation, inspection, bench }: Results): string {
  const example = bench.networks.find(({ id }) => id === EXAMPLE)!;
  const ours = timingOf(example.timings, DEFAULT_FAMILY.id)!;
  const others = bench.engines.flatMap((engine) => {
    const timing = timingOf(example.timings, engine.id);
    if (!timing || engine.id === DEFAULT_FAMILY.id || !('version' in engine)) return [];
    const name = engine.version === bench.machine.signwave ? engine.title : `${engine.title} ${engine.version}`;
    return [`| ${name} | ${milliseconds(timing.medianMs)} ms, ${times(timing.medianMs / ours.medianMs)} as long |`];
  });
  const [first] = bench.layers;
  return [
    '| BiPer ResNet-20, CIFAR-10 ([a short run of `signwave train`](docs/runs/cifar10-resnet20/README.md)) | |',
    '|---|---|',
    ...(evaluation
      ? [
          `| top-1 of the packed model, ${grouped(evaluation.images)} test images | ${evaluation.top1Percent.toFixed(2)} % |`,
        ]
      : []),
    ...(inspection
      ? [
          `| file | ${grouped(inspection.fileBytes)} bytes, ${times(inspection.float32Bytes / inspection.fileBytes)} smaller than its float32 weights |`,
        ]
      : []),
    `| one image, one thread, WebAssembly SIMD | ${milliseconds(ours.medianMs)} ms |`,
    ...others,
    '',
    'Whole networks, one call each. The columns on the right say how many times as long other engines take.',
    '',
    networkTable(bench),
    '',
    ...changedOutputs(bench).flatMap((line) => [line, '']),
    '![How many times as long other engines take](docs/figures/bench-layers.svg)',
    '',
    ...(first
      ? [
          `${first.title}, each layer by itself, without calls and copies in any engine; the figures in brackets are whole calls for a network of that layer alone. [How this is measured](docs/performance.md#layers).`,
          '',
          layerTable(bench, first),
          '',
        ]
      : []),
    `${machineLine(bench)} \`npm run bench\` repeats the measurement; [docs/performance.md](docs/performance.md) has all results.`,
  ].join('\n');
}
