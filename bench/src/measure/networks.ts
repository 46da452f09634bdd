import { readFile } from 'node:fs/promises';
import { type InputNode, isIntegerConv, macs, readModel, SignwaveError } from '@signwave/format';
import { type Contestant, timeInterleaved } from '@signwave/lab';
import { Reference } from '@signwave/reference';
import { load } from '@signwave/runtime';
import { seededRandom } from '@signwave/trainer/internals';
import { requireEqual } from '../check.js';
import { DEFAULT_FAMILY, FAMILIES, type Family } from '../families.js';
import type { Network, Peer, Prepared } from '../peers/peer.js';
import type { NetworkResult, OutputChange, ProfileRow } from '../results.js';
import { type MeasureOptions, WARM_UP_MS } from './layers.js';
import { measureStartup } from './startup.js';

const SAMPLE_MS = 50;
const PROFILE_REPEATS = 50;
/** Tolerance for networks with float layers, whose kernels may sum in another order than the reference (SPEC.md section 5). */
const FLOAT_TOLERANCE = 1e-5;

/** A network to be measured. */
export interface NetworkFile {
  readonly id: string;
  readonly title: string;
  /** A `.sgnw` file. */
  readonly path: string;
  /** Its activations are floats, so outputs need not be equal to the last bit. */
  readonly hasFloatActivations?: boolean;
  readonly outputChange?: OutputChange;
}

/** @param given its input (H, W, C), preprocessed; without it, one is drawn. */
export async function openNetwork(
  { id, title, path, hasFloatActivations }: NetworkFile,
  given?: Float32Array,
): Promise<Network> {
  const bytes = await readFile(path);
  const model = readModel(bytes, path);
  const reference = new Reference(model.graph);
  const { height, width, channels } = model.graph.nodes[0] as InputNode;
  const random = seededRandom(1);
  // A stem of integers reads bytes, as images have them.
  const isOnBytes = model.graph.nodes.some((node) => isIntegerConv(model.graph, node));
  const next = isOnBytes ? () => Math.floor(random.next() * 256) : () => random.next() * 4 - 2;
  const input = given ?? Float32Array.from({ length: height * width * channels }, next);
  const total = model.graph.nodes.reduce((sum, node, i) => sum + macs(model.graph, node, reference.shapes[i]!), 0);
  const tolerance = hasFloatActivations ? FLOAT_TOLERANCE : 0;
  return { id, title, model, bytes, input, expected: reference.run(input), tolerance, macs: total };
}

/** Times a network in kernel families, of which the default is one, and peers, profiles it, and starts it in fresh processes. */
export async function measureNetwork(
  network: Network,
  { path, outputChange }: NetworkFile,
  peers: readonly Peer[],
  { rounds, log }: MeasureOptions,
  families: readonly Family[] = FAMILIES,
): Promise<NetworkResult> {
  const { id, title, bytes, input, expected, tolerance } = network;
  log(title);
  const contestants: Contestant[] = [];
  const models = [];
  for (const family of families) {
    const model = await load(bytes, { name: path, ...family.options });
    const { threads, threadsReason } = model.info();
    if (threads !== (family.options.threads ?? 1))
      throw new SignwaveError('E_PEER', `${family.title}: ${threads} run: ${threadsReason}`);
    requireEqual(`${title}, ${family.title}`, model.run(input), expected, tolerance);
    models.push({ family, model });
    contestants.push({ name: family.id, run: () => void model.run(input) });
  }
  const prepared: Prepared[] = [];
  const skipped: Record<string, string> = {};
  for (const peer of peers) {
    if (!peer.network) continue;
    const ready = await peer.network(network);
    if (typeof ready === 'string') skipped[peer.id] = ready;
    else {
      prepared.push(ready);
      contestants.push({ name: peer.id, ...ready.work });
    }
  }
  const timings = await timeInterleaved(contestants, { rounds, minMs: SAMPLE_MS, warmUpMs: WARM_UP_MS });
  for (const { name, medianMs } of timings) log(`  ${name}: ${medianMs.toFixed(3)} ms`);
  const { model } = models.find(({ family }) => family === DEFAULT_FAMILY)!;
  const profile = model.profile(input, { repeats: PROFILE_REPEATS }).map(
    (step): ProfileRow => ({
      name: step.name,
      kernel: step.kernel,
      isBinary: step.isBinary,
      macs: step.macs,
      medianMs: step.medianMs,
    }),
  );
  const { wasmBytes } = model.info();
  for (const it of prepared) await it.release();
  for (const it of models) it.model.dispose();
  const startups = await measureStartup(path, peers);
  for (const { engine, loadMs, firstRunMs } of startups)
    log(`  ${engine}, new process: load ${loadMs.toFixed(1)} ms, first run ${firstRunMs.toFixed(1)} ms`);
  const change = outputChange && { outputChange };
  return {
    id,
    title,
    ...change,
    macs: network.macs,
    fileBytes: bytes.length,
    wasmBytes,
    timings,
    skipped,
    profile,
    startups,
  };
}
