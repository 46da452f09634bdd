import { SignwaveError } from '@signwave/format';
import { timeInterleaved } from '@signwave/lab';
import type { PlanStep } from '@signwave/runtime';
import { DEFAULT_FAMILY, FAMILIES } from '../families.js';
import { timedLayer } from '../layer-networks.js';
import type { Peer } from '../peers/peer.js';
import type { LayerResult, LayerSetResult } from '../results.js';
import { type LayerShape, type ShapeSet, shapeTitle } from '../shapes.js';
import {
  callContestant,
  layerContestant,
  ownLayers,
  type ReadyLayer,
  readyLayer,
  releaseLayer,
} from './layer-times.js';

/** A sample lasts at least this long; a layer for CIFAR runs some hundred times in it. */
const SAMPLE_MS = 10;
/** How long everything is run before it is timed: V8 compiles a module's hot functions a second time, in the background. */
export const WARM_UP_MS = 150;

export interface MeasureOptions {
  readonly rounds: number;
  /** Reports progress. */
  readonly log: (line: string) => void;
}

/**
 * Times every layer of the sets in all kernel families and peers, by itself and as a whole call. A shape in several sets is measured once.
 */
export async function measureLayers(
  sets: readonly ShapeSet[],
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<LayerSetResult[]> {
  const known = new Map<string, LayerResult>();
  const results: LayerSetResult[] = [];
  for (const { title, source, layers } of sets) {
    options.log(title);
    for (const shape of layers) {
      const key = shapeTitle(shape);
      if (!known.has(key)) known.set(key, await measureLayer(shape, known.size + 1, peers, options));
    }
    results.push({ title, source, layers: layers.map((shape) => known.get(shapeTitle(shape))!) });
  }
  return results;
}

async function measureLayer(
  shape: LayerShape,
  seed: number,
  peers: readonly Peer[],
  { rounds, log }: MeasureOptions,
): Promise<LayerResult> {
  const layer = timedLayer(shape, seed);
  const ready: { readonly id: string; readonly layer: ReadyLayer }[] = [];
  let step: PlanStep | undefined;
  for (const family of FAMILIES) {
    const own = await readyLayer(layer, (network) => ownLayers(network, family));
    if (typeof own === 'string') throw new SignwaveError('E_PEER', own);
    if (family === DEFAULT_FAMILY)
      step = own.longer.model.plan().find(({ nodes }) => nodes.includes(layer.longer.convNode));
    ready.push({ id: family.id, layer: own });
  }
  const skipped: Record<string, string> = {};
  for (const peer of peers) {
    if (!peer.layers) continue;
    const theirs = await readyLayer(layer, (network) => peer.layers!(network));
    if (typeof theirs === 'string') skipped[peer.id] = theirs;
    else ready.push({ id: peer.id, layer: theirs });
  }
  const contestants = [
    ...ready.map((it) => layerContestant(it.id, it.layer)),
    ...ready.map((it) => callContestant(it.id, it.layer)),
  ];
  const all = await timeInterleaved(contestants, { rounds, minMs: SAMPLE_MS, warmUpMs: WARM_UP_MS });
  for (const it of ready) await releaseLayer(it.layer);
  const timings = all.slice(0, ready.length);
  const callTimings = all.slice(ready.length);
  const [ours, ourCall] = [timings[0]!.medianMs, callTimings[0]!.medianMs];
  const rest = ready.slice(1).map(({ id }, i) => {
    const ratio = timings[i + 1]!.medianMs / ours;
    return `${id} ${ratio.toFixed(1)}x (${(callTimings[i + 1]!.medianMs / ourCall).toFixed(1)}x)`;
  });
  log(`  ${shapeTitle(shape)}: ${ours.toFixed(4)} ms (${ourCall.toFixed(4)} ms); ${rest.join(', ')}`);
  const { kernel, reason } = step!;
  return { shape, macs: layer.macs, kernel, reason, timings, callTimings, skipped };
}
