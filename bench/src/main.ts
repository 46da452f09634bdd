// `npm run bench`, bundled and started by scripts/bench.mjs. Measures in this one process and prints or writes the results.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { SignwaveError } from '@signwave/format';
import { readOptions } from '../options.mjs';
import { describeMachine, engineRecords } from './conditions.js';
import { CoreShare, LEAST_CORE_SHARE } from './core-share.js';
import { FAMILIES } from './families.js';
import { measureAblations } from './measure/ablations.js';
import { type MeasureOptions, measureLayers } from './measure/layers.js';
import { measureNetwork, type NetworkFile, openNetwork } from './measure/networks.js';
import { measureScaling } from './measure/scaling.js';
import { larqPeers } from './peers/larq.js';
import { onnxRuntimePeers } from './peers/onnxruntime.js';
import { isMissing, type MissingPeer, type Peer } from './peers/peer.js';
import { tfjsPeer } from './peers/tfjs.js';
import { resultTables } from './report/tables.js';
import { writeDocuments } from './report/write-documents.js';
import type { Bench, Results } from './results.js';
import { parseShapeSet, type ShapeSet } from './shapes.js';
import { requireSameConditions, withParts } from './with-parts.js';

const SHAPES = 'bench/shapes';
/** The set of shapes that README.md and the chart show. */
const SHOWN_SET = 'dabnn.json';
const RESULTS = 'bench/results.json';
const OUTPUT = 'build/bench';
/** The networks that scripts/bench.mjs could convert; it writes this file. The first one is also run in batches. */
const NETWORKS = `${OUTPUT}/networks.json`;
const NOTHING = { layers: [], networks: [], scaling: { channels: [], mapSize: [], batch: [] }, ablations: [] };

/** Of signwave, which is what is measured: all its packages have one. */
const { version: VERSION } = JSON.parse(await readFile('runtime/package.json', 'utf8')) as { readonly version: string };

type Options = Extract<ReturnType<typeof readOptions>, { options: unknown }>['options'];

const { options } = readOptions(process.argv.slice(2)) as { options: Options };
const measuring: MeasureOptions = { rounds: options.rounds, log: (line) => console.error(line) };

try {
  await main();
} catch (error) {
  if (!(error instanceof SignwaveError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exit(error.code === 'E_USAGE' ? 2 : 1);
}
// The engines' threads would keep the process alive.
process.exit(0);

async function main(): Promise<void> {
  const startMs = performance.now();
  const previous: Results = JSON.parse(await readFile(RESULTS, 'utf8'));
  if (options.documents) return writeDocuments(previous);
  const sets = options.shapes.length > 0 ? await readSets(options.shapes) : undefined;
  const isAll = options.only.length === 0 && options.networks.length === 0;
  if (options.write && !isAll)
    requireSameConditions(
      previous.bench,
      { machine: describeMachine(VERSION), rounds: options.rounds },
      { path: RESULTS, advice: 'Measure everything: leave --only and --network out' },
    );
  const found = await openPeers(sets === undefined);
  const peers = found.filter((peer) => !isMissing(peer)) as Peer[];
  for (const { title, reason, details } of found.filter(isMissing))
    console.error([`${title} is left out: ${reason}`, details].filter(Boolean).join('\n'));
  const core = new CoreShare();
  const parts = sets
    ? { layers: await core.during(() => measureLayers(sets, peers, measuring)) }
    : await measureParts(peers, core);
  const coreShare = await core.share();
  const measured = {
    machine: { ...describeMachine(VERSION), coreShare },
    rounds: options.rounds,
    engines: engineRecords(FAMILIES, found, VERSION),
    ...parts,
  };
  for (const peer of peers) await peer.dispose?.();

  await mkdir(OUTPUT, { recursive: true });
  const shown: Bench = { ...NOTHING, ...measured };
  const bench = isAll ? shown : withParts(previous.bench, measured);
  const isBusy = coreShare < LEAST_CORE_SHARE;
  const path = options.write && !isBusy ? RESULTS : `${OUTPUT}/results.json`;
  const results: Results = { ...previous, bench };
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  console.log(resultTables(shown));
  if (isBusy) {
    const text = `other work had the core: this process got ${(100 * coreShare).toFixed(0)} % of it, and long runs suffer more than short ones`;
    if (options.write) throw new SignwaveError('E_PEER', `${text}; nothing was published, see ${path}`);
    console.error(`don't trust these ratios: ${text}`);
  } else if (options.write) await writeDocuments(results);
  console.error(`${path}; took ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}

async function openPeers(hasNetworks: boolean): Promise<(Peer | MissingPeer)[]> {
  const kind = options.peers;
  if (kind === 'none') return [];
  const native = kind === 'all' ? await onnxRuntimePeers('node') : [];
  const web = [...(await onnxRuntimePeers('web')), await tfjsPeer()];
  if (kind === 'web') return web;
  return [...web, ...native, ...(hasNetworks && isAsked('networks') ? await larqPeers(measuring.log) : [])];
}

async function readSets(paths: readonly string[]): Promise<ShapeSet[]> {
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8').catch((cause) => {
        throw new SignwaveError('E_USAGE', `${path} can't be read: ${cause.message}`, { cause });
      });
      return parseShapeSet(text, path);
    }),
  );
}

function isAsked(part: string): boolean {
  return options.only.length === 0 ? options.networks.length === 0 || part === 'networks' : options.only.includes(part);
}

async function measureParts(peers: readonly Peer[], core: CoreShare): Promise<Partial<Bench>> {
  const files: NetworkFile[] = JSON.parse(await readFile(NETWORKS, 'utf8'));
  const chosen = files.filter(({ id }) => options.networks.length === 0 || options.networks.includes(id));
  const parts: { -readonly [Part in keyof Bench]?: Bench[Part] } = {};
  const sets = await readAllSets();
  if (isAsked('layers')) parts.layers = await core.during(() => measureLayers(sets, peers, measuring));
  const opened = await Promise.all(chosen.map(async (file) => ({ file, network: await openNetwork(file) })));
  if (isAsked('networks')) {
    const networks = [];
    for (const { file, network } of opened) networks.push(await measureNetwork(network, file, peers, measuring));
    parts.networks = networks;
  }
  if (isAsked('scaling')) {
    const first = await openNetwork(files[0]!);
    parts.scaling = await core.during(() => measureScaling(first, measuring));
  }
  if (isAsked('ablations')) {
    const ablations = [];
    for (const { network } of opened) ablations.push(...(await measureAblations(network, measuring)));
    parts.ablations = ablations;
  }
  return parts;
}

async function readAllSets(): Promise<ShapeSet[]> {
  const names = (await readdir(SHAPES)).filter((name) => name.endsWith('.json') && name !== SHOWN_SET).sort();
  return readSets([SHOWN_SET, ...names].map((name) => `${SHAPES}/${name}`));
}
