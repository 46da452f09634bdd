// `npm run bench`, bundled and started by scripts/bench.mjs. Measures in this one process and prints or writes the results.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { SignwaveError } from '@signwave/format';
import { VERSION } from '../../cli/src/version.js';
import { FAMILIES } from './families.js';
import { measureAblations } from './measure/ablations.js';
import { type MeasureOptions, measureLayers } from './measure/layers.js';
import { measureNetwork, type NetworkFile, openNetwork } from './measure/networks.js';
import { measureScaling } from './measure/scaling.js';
import { larqPeer } from './peers/larq.js';
import { onnxRuntimePeers } from './peers/onnxruntime.js';
import { isMissing, type MissingPeer, type Peer } from './peers/peer.js';
import { tfjsPeer } from './peers/tfjs.js';
import { resultTables } from './report/tables.js';
import { writeDocuments } from './report/write-documents.js';
import type { Bench, EngineRecord, Results } from './results.js';
import { parseShapeSet, type ShapeSet } from './shapes.js';

const SHAPES = 'bench/shapes';
/** The set that README.md and the chart show. */
const SHOWN_SET = 'dabnn.json';
const RESULTS = 'bench/results.json';
const OUTPUT = 'build/bench';
/** Of a core that the process has to have had for results to be published: long runs are interrupted more often than short ones. */
const LEAST_CORE_SHARE = 0.9;
const PEERS = ['none', 'web', 'all'] as const;
/** Written by scripts/bench.mjs: the networks that it could convert. The first one is also batched. */
const NETWORKS = `${OUTPUT}/networks.json`;

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: 'web' },
    rounds: { type: 'string', default: '15' },
    shapes: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean', default: false },
    ablations: { type: 'boolean', default: false },
  },
});

try {
  await main();
} catch (error) {
  if (!(error instanceof SignwaveError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exit(error.code === 'E_USAGE' ? 2 : 1);
}
// The threads of engines would keep the process alive.
process.exit(0);

async function main(): Promise<void> {
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new SignwaveError('E_USAGE', '--rounds takes a number from 1 on');
  const kind = PEERS.find((it) => it === values.peers);
  if (kind === undefined) throw new SignwaveError('E_USAGE', `--peers takes one of ${PEERS.join(', ')}`);
  if (values.write && values.shapes.length > 0)
    throw new SignwaveError('E_USAGE', '--write is for complete results: leave --shapes out');
  const startMs = performance.now();
  if (values.ablations) return measureOnlyAblations({ rounds, log: (line: string) => console.error(line) });
  const found = await openPeers(kind, values.shapes.length === 0);
  const peers = found.filter((peer) => !isMissing(peer)) as Peer[];
  for (const { title, reason, details } of found.filter(isMissing))
    console.error([`${title} is left out: ${reason}`, details].filter(Boolean).join('\n'));
  const options = { rounds, log: (line: string) => console.error(line) };
  const bench =
    values.shapes.length > 0
      ? await measureOnly(await readSets(values.shapes), found, peers, options)
      : await measureAll(found, peers, options);
  for (const peer of peers) await peer.dispose?.();

  await mkdir(OUTPUT, { recursive: true });
  const previous: Partial<Results> = JSON.parse(await readFile(RESULTS, 'utf8'));
  const results: Results = { ...previous, bench };
  const share = bench.machine.coreShare!;
  const isBusy = share < LEAST_CORE_SHARE;
  const path = values.write && !isBusy ? RESULTS : `${OUTPUT}/results.json`;
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  console.log(resultTables(bench));
  if (isBusy) {
    const text = `other work had the core: this process got ${(100 * share).toFixed(0)} % of it, and long runs suffer more than short ones`;
    if (values.write) throw new SignwaveError('E_PEER', `${text}; nothing was published, see ${path}`);
    console.error(`don't trust these ratios: ${text}`);
  } else if (values.write) await writeDocuments(results);
  console.error(`${path}; took ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}

/** The ablations anew, beside all else that was measured before. */
async function measureOnlyAblations(options: MeasureOptions): Promise<void> {
  const files: NetworkFile[] = JSON.parse(await readFile(NETWORKS, 'utf8'));
  const ablations = [];
  for (const file of files) ablations.push(...(await measureAblations(await openNetwork(file), options)));
  const previous: Results = JSON.parse(await readFile(RESULTS, 'utf8'));
  const results: Results = { ...previous, bench: { ...previous.bench, ablations } };
  await writeFile(values.write ? RESULTS : `${OUTPUT}/results.json`, `${JSON.stringify(results, null, 2)}\n`);
  if (values.write) await writeDocuments(results);
}

async function openPeers(kind: (typeof PEERS)[number], hasNetworks: boolean): Promise<(Peer | MissingPeer)[]> {
  if (kind === 'none') return [];
  const native = kind === 'all' ? await onnxRuntimePeers('node') : [];
  const web = [...(await onnxRuntimePeers('web')), await tfjsPeer()];
  if (kind === 'web') return web;
  return [...web, ...native, ...(hasNetworks ? [await larqPeer((line) => console.error(line))] : [])];
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

async function measureAll(
  found: readonly (Peer | MissingPeer)[],
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<Bench> {
  const names = (await readdir(SHAPES)).filter((name) => name.endsWith('.json') && name !== SHOWN_SET).sort();
  names.unshift(SHOWN_SET);
  const only = await measureOnly(await readSets(names.map((name) => `${SHAPES}/${name}`)), found, peers, options);
  const files: NetworkFile[] = JSON.parse(await readFile(NETWORKS, 'utf8'));
  const opened = await Promise.all(files.map(openNetwork));
  const networks = [];
  for (const [i, network] of opened.entries())
    networks.push(await measureNetwork(network, files[i]!.path, peers, options));
  const scaling = await measureScaling(opened[0]!, options);
  const ablations = [];
  for (const network of opened) ablations.push(...(await measureAblations(network, options)));
  return { ...only, networks, scaling, ablations };
}

/** Nothing but layers. */
async function measureOnly(
  sets: readonly ShapeSet[],
  found: readonly (Peer | MissingPeer)[],
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<Bench> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  const layers = await measureLayers(sets, peers, options);
  const { user, system } = process.cpuUsage(before);
  return {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      node: process.versions.node,
      v8: process.versions.v8,
      date: new Date().toISOString().slice(0, 10),
      signwave: VERSION,
      coreShare: (user + system) / 1000 / (performance.now() - startMs),
    },
    rounds: options.rounds,
    engines: [
      ...FAMILIES.map(({ id, title }): EngineRecord => ({ id, title, version: VERSION })),
      ...found.map(
        (peer): EngineRecord =>
          isMissing(peer)
            ? { id: peer.id, title: peer.title, missing: peer.reason }
            : { id: peer.id, title: peer.title, version: peer.version },
      ),
    ],
    layers,
    networks: [],
    scaling: { channels: [], mapSize: [], batch: [] },
    ablations: [],
  };
}
