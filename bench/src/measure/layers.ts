import { type Contestant, timeInterleaved } from '../../../cli/src/bench/interleave.js';
import { DEFAULT_FAMILY, FAMILIES } from '../families.js';
import { makeLayer } from '../layer.js';
import type { Peer, Prepared } from '../peers/peer.js';
import type { LayerResult, LayerSetResult } from '../results.js';
import { type LayerShape, type ShapeSet, shapeTitle } from '../shapes.js';
import { ownLayer } from './layer-step.js';

/** Least duration of a sample: a layer of CIFAR is run some hundred times in it. */
const SAMPLE_MS = 10;
/** Of everything that is timed: V8 compiles a hot function of a module a second time, in the background. */
export const WARM_UP_MS = 150;

export interface MeasureOptions {
  readonly rounds: number;
  /** Tell people what goes on. */
  readonly log: (line: string) => void;
}

/** Time every layer of the sets in all kernel families and peers. A shape that several sets have is measured once. */
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
  const layer = makeLayer(shape, seed);
  const own = [];
  for (const family of FAMILIES) own.push({ family, ...(await ownLayer(layer, family)) });
  const { kernel, reason } = own.find(({ family }) => family === DEFAULT_FAMILY)!;
  const contestants: Contestant[] = own.map(({ step }) => step);
  const calls = own.map(
    ({ call: { name, ...work }, family }) => ({ ...work, name: callName(family.id) }) as Contestant,
  );
  const prepared: Prepared[] = [];
  const skipped: Record<string, string> = {};
  for (const peer of peers) {
    if (!peer.layer) continue;
    const ready = await peer.layer(layer);
    if (typeof ready === 'string') skipped[peer.id] = ready;
    else {
      prepared.push(ready);
      contestants.push({ name: peer.id, ...ready.work });
    }
  }
  const all = await timeInterleaved([...contestants, ...calls], { rounds, minMs: SAMPLE_MS, warmUpMs: WARM_UP_MS });
  for (const it of prepared) await it.release();
  for (const { model } of own) model.dispose();
  const timings = all.slice(0, contestants.length);
  const callTimings = all.slice(contestants.length).map((timing, i) => ({ ...timing, name: FAMILIES[i]!.id }));
  const ours = timings[0]!.medianMs;
  const rest = timings.slice(1).map(({ name, medianMs }) => `${name} ${(medianMs / ours).toFixed(1)}x`);
  log(`  ${shapeTitle(shape)}: ${ours.toFixed(4)} ms; ${rest.join(', ')}`);
  return { shape, macs: layer.macs, kernel, reason, timings, callTimings, skipped };
}

function callName(family: string): string {
  return `${family}, whole call`;
}
