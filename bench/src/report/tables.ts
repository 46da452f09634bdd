import { DEFAULT_FAMILY } from '../families.js';
import {
  type Bench,
  type EngineRecord,
  type LayerSetResult,
  type NetworkResult,
  type Timings,
  timingOf,
} from '../results.js';
import { shapeTitle } from '../shapes.js';
import { gmacs, grouped, markdownTable, milliseconds, percent, times } from './markdown.js';

const OURS = DEFAULT_FAMILY.id;

/** All tables one below the other, as `npm run bench` prints them. */
export function resultTables(bench: Bench): string {
  return [
    ...(bench.networks.length > 0 ? [`Networks\n\n${networkTable(bench)}\n\n${startupTable(bench)}`] : []),
    ...bench.layers.map((set) => `${set.title}\n\n${layerTable(bench, set)}`),
    machineLine(bench),
  ].join('\n\n');
}

/**
 * One row for each layer: our times, then how many times as long others take for the layer by itself and, in brackets, for a whole call.
 */
export function layerTable(bench: Bench, { layers }: LayerSetResult): string {
  const others = measuredEngines(bench).filter(({ id }) => layers.some(({ timings }) => timingOf(timings, id)));
  const titles = [
    'layer',
    'kernel',
    'ms',
    'spread',
    'GMAC/s',
    'whole call, ms',
    ...others.map(({ title }) => `${title}: layer (whole call)`),
  ];
  return markdownTable(
    titles,
    layers.map(({ shape, macs, kernel, timings, callTimings }) => {
      const ours = timingOf(timings, OURS)!;
      return [
        shapeTitle(shape),
        kernel,
        milliseconds(ours.medianMs),
        percent(ours.spread),
        gmacs(macs, ours.medianMs),
        milliseconds(timingOf(callTimings, OURS)!.medianMs),
        ...others.map(({ id }) =>
          timingOf(timings, id) ? `${ratioTo(timings, id)} (${ratioTo(callTimings, id)})` : '-',
        ),
      ];
    }),
  );
}

/** One row for each network. */
export function networkTable(bench: Bench): string {
  const others = measuredEngines(bench).filter(({ id }) => bench.networks.some(({ timings }) => timingOf(timings, id)));
  return markdownTable(
    ['network, batch 1', 'ms', 'spread', 'GMAC/s', ...others.map(({ title }) => title)],
    bench.networks.map((network) => {
      const { macs, timings } = network;
      const ours = timingOf(timings, OURS)!;
      return [
        networkTitle(network),
        milliseconds(ours.medianMs),
        percent(ours.spread),
        gmacs(macs, ours.medianMs),
        ...others.map(({ id }) => ratioTo(timings, id)),
      ];
    }),
  );
}

/** The title, and what the network's options do to its outputs: a time is never shown without that. */
export function networkTitle({ title, outputChange }: NetworkResult): string {
  if (!outputChange) return title;
  const { images, otherFirstClass } = outputChange;
  return `${title} (first class changed on ${otherFirstClass} of ${images} images)`;
}

/** What networks give whose options change outputs; empty if there are none. */
export function changedOutputs({ networks }: Bench): string[] {
  return networks.flatMap(({ title, outputChange }) => {
    if (!outputChange) return [];
    const { of, images, otherFirstClass, largestShift } = outputChange;
    const exact = networks.find(({ id }) => id === of)?.title ?? of;
    return [
      `${title}, is not a faster way to the same result: its outputs differ from those of ${exact}. The first class changed on ${otherFirstClass} of ${images} images (${percent(otherFirstClass / images)}), and logits differ by up to ${percent(largestShift)} of the range of their image’s logits.`,
    ];
  });
}

/** One row for each network in an engine, each measured in processes of its own. */
export function startupTable(bench: Bench): string {
  const titleOf = (id: string): string => bench.engines.find((engine) => engine.id === id)?.title ?? id;
  return markdownTable(
    [
      'network',
      'engine',
      'load, ms',
      'first run, ms',
      'file, bytes',
      'wasm, bytes',
      'process grew by, MiB',
      'wasm memory, MiB',
    ],
    bench.networks.flatMap((network) =>
      network.startups.map(({ engine, loadMs, firstRunMs, rssBytes, memoryBytes }) => {
        const isOurs = engine === OURS;
        return [
          networkTitle(network),
          titleOf(engine),
          milliseconds(loadMs),
          milliseconds(firstRunMs),
          isOurs ? grouped(network.fileBytes) : '-',
          isOurs ? grouped(network.wasmBytes) : '-',
          mebibytes(rssBytes),
          memoryBytes === undefined ? '-' : mebibytes(memoryBytes),
        ];
      }),
    ),
  );
}

/** One row for each kind of step, ordered by its share of the time. */
export function profileTable({ profile }: NetworkResult): string {
  const total = profile.reduce((sum, { medianMs }) => sum + medianMs, 0);
  const kinds = new Map<string, { ms: number; macs: number; steps: number }>();
  for (const { kernel, isBinary, macs, medianMs } of profile) {
    const kind = kinds.get(kernelTitle(kernel, isBinary)) ?? { ms: 0, macs: 0, steps: 0 };
    kinds.set(kernelTitle(kernel, isBinary), {
      ms: kind.ms + medianMs,
      macs: kind.macs + macs,
      steps: kind.steps + 1,
    });
  }
  return markdownTable(
    ['kernel', 'steps', 'ms', 'share', 'GMAC/s'],
    [...kinds]
      .sort(([, a], [, b]) => b.ms - a.ms)
      .map(([title, { ms, macs, steps }]) => [
        title,
        `${steps}`,
        milliseconds(ms),
        percent(ms / total),
        macs > 0 ? gmacs(macs, ms) : '-',
      ]),
  );
}

/** What was measured, and on which machine. */
export function machineLine({ machine, rounds, engines }: Pick<Bench, 'machine' | 'rounds' | 'engines'>): string {
  const { cpu, cores, node, v8, date } = machine;
  const versions = engines.flatMap((engine) => ('version' in engine ? [`${engine.title} ${engine.version}`] : []));
  return `Medians of ${rounds} interleaved rounds in one process, outputs checked first: ${cpu}, ${cores} cores, one thread, Node ${node} (V8 ${v8}), ${date}; ${versions.join(', ')}.`;
}

/** The engines that were measured, except the one that all are compared with. */
function measuredEngines({ engines }: Bench): readonly EngineRecord[] {
  return engines.filter((engine) => engine.id !== OURS && 'version' in engine);
}

function ratioTo(timings: Timings, engine: string): string {
  const theirs = timingOf(timings, engine);
  return theirs === undefined ? '-' : times(theirs.medianMs / timingOf(timings, OURS)!.medianMs);
}

function kernelTitle(kernel: string, isBinary: boolean): string {
  return isBinary ? `${kernel}, binary` : kernel;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
