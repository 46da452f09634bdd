import { LARQ_NETWORKS } from '../../larq-options.mjs';
import { DEFAULT_FAMILY, TWO_THREADS } from '../families.js';
import type { LarqNetworkResult, LarqResults } from '../larq-results.js';
import { LARQ_TOLERANCE, LARQ_WAYS } from '../peers/larq.js';
import { type EngineRecord, timingOf } from '../results.js';
import { markdownTable, milliseconds, percent, times } from './markdown.js';
import { machineLine } from './tables.js';

const COMMAND = 'node bench/scripts/larq.mjs --write';
const OURS = DEFAULT_FAMILY.id;
const ORT_WEB = 'ort-web-float32';
const NOT_MEASURED = 'not measured';

/** What docs/larq.md says of speed, line by line: times, then files, starts and memory. */
export function larqSpeed(results: LarqResults | undefined): string[] {
  return [
    results
      ? machineLine(results)
      : `None of this is measured yet; \`${COMMAND}\` does it, on a machine that does nothing else.`,
    '',
    ...timeTable(results),
    ...(results ? notes(results) : []),
    '',
    ...startTable(results),
  ];
}

function timeTable(results: LarqResults | undefined): string[] {
  const engines = others(results);
  return rowsOf(
    ['network', 'signwave, ms', 'spread', 'two threads, times as fast', ...engines.map(({ title }) => title)],
    results,
    ({ timings }) => {
      const ours = timingOf(timings, OURS)!;
      const timeOf = (id: string): number => timingOf(timings, id)?.medianMs ?? Number.NaN;
      return [
        milliseconds(ours.medianMs),
        percent(ours.spread),
        times(ours.medianMs / timeOf(TWO_THREADS.id)),
        ...engines.map(({ id }) => times(timeOf(id) / ours.medianMs)),
      ];
    },
  );
}

function startTable(results: LarqResults | undefined): string[] {
  const ways = Object.values(LARQ_WAYS);
  return rowsOf(
    [
      'network',
      '`.tflite`, MB',
      'packed, MB',
      'float32 `.tflite`, MB',
      'signwave, ms',
      'ONNX Runtime Web float32, ms',
      ...ways.map(({ title }) => `${title}, ms`),
      'signwave, MiB',
      'ONNX Runtime Web float32, MiB',
    ],
    results,
    ({ tfliteBytes, fileBytes, float32Bytes, startups, interpreters }) => {
      const [ours, web] = [OURS, ORT_WEB].map((id) => startups.find(({ engine }) => engine === id));
      const first = (start: { loadMs: number; firstRunMs: number } | undefined): string =>
        start ? milliseconds(start.loadMs + start.firstRunMs) : '-';
      return [
        ...[tfliteBytes, fileBytes, float32Bytes].map((bytes) => (bytes / 1e6).toFixed(2)),
        ...[ours, web].map(first),
        ...ways.map(({ id }) => first(interpreters.find(({ engine }) => engine === id))),
        ...[ours, web].map((start) => (start ? (start.rssBytes / 2 ** 20).toFixed(1) : '-')),
      ];
    },
  );
}

/** A table with a row for each network that is to be measured, said to be not where it isn't. */
function rowsOf(
  titles: readonly string[],
  results: LarqResults | undefined,
  cells: (network: LarqNetworkResult) => string[],
): string[] {
  const rows = LARQ_NETWORKS.map((name) => {
    const network = results?.networks.find(({ id }) => id === name);
    return [name, ...(network ? cells(network) : titles.slice(1).map((_, i) => (i === 0 ? NOT_MEASURED : '-')))];
  });
  return markdownTable(titles, rows).split('\n');
}

/** The engines beside ours, as far as any was measured; before that, the Python ones. */
function others(results: LarqResults | undefined): readonly Pick<EngineRecord, 'id' | 'title'>[] {
  if (!results) return Object.values(LARQ_WAYS);
  return results.engines.filter((engine) => 'version' in engine && ![OURS, TWO_THREADS.id].includes(engine.id));
}

/** Says why cells are empty, and whose outputs differ. */
function notes({ engines, networks }: LarqResults): string[] {
  const titleOf = (id: string): string => engines.find((engine) => engine.id === id)?.title ?? id;
  const empty = [
    ...engines.flatMap((engine) => ('missing' in engine ? [`${engine.title}: ${engine.missing}`] : [])),
    ...networks.flatMap(({ title, skipped }) =>
      Object.entries(skipped).map(([id, reason]) => `${title} in ${titleOf(id)}: ${reason}`),
    ),
  ];
  const differing = networks.flatMap(({ title, skipped, differences }) =>
    Object.entries(differences)
      .filter(([id, difference]) => difference > LARQ_TOLERANCE && !(id in skipped))
      .map(([id, difference]) => `${title} in ${titleOf(id)}, by ${percent(difference)} of the largest output`),
  );
  return [
    ...(empty.length > 0 ? ['', `Not measured: ${empty.join('; ')}.`] : []),
    ...(differing.length > 0
      ? [
          '',
          `Roundings put signs next to their thresholds on the other side, which changes outputs: ${differing.join('; ')}.`,
        ]
      : []),
  ];
}
