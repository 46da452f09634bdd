import type { Contestant } from '@signwave/lab';
import { load, type Model } from '@signwave/runtime';
import { requireEqual } from '../check.js';
import type { Family } from '../families.js';
import { MORE_LAYERS, type TimedLayer, type UnitNetwork } from '../layer-networks.js';
import type { Runnable } from '../peers/peer.js';

/** Of a float layer: kernels may sum in another order than the reference. */
const FLOAT_TOLERANCE = 1e-5;

/** An engine that is ready to run the networks by which a layer is timed. */
export interface ReadyLayer {
  readonly single: Runnable;
  readonly longer: Runnable;
  readonly shorter: Runnable;
}

/** @param open gets an engine ready for a network. @returns why it can't, if it can't. */
export async function readyLayer<T extends Runnable>(
  { single, longer, shorter }: TimedLayer,
  open: (network: UnitNetwork) => Promise<T | string>,
): Promise<Record<keyof ReadyLayer, T> | string> {
  const readySingle = await open(single);
  if (typeof readySingle === 'string') return readySingle;
  const readyLonger = await open(longer);
  const readyShorter = shorter === single ? readySingle : await open(shorter);
  if (typeof readyLonger === 'string') return readyLonger;
  if (typeof readyShorter === 'string') return readyShorter;
  return { single: readySingle, longer: readyLonger, shorter: readyShorter };
}

export async function releaseLayer(layer: ReadyLayer): Promise<void> {
  for (const it of new Set([layer.single, layer.longer, layer.shorter])) await it.release();
}

/** A network of layers in signwave, its output checked. */
export interface OwnLayers extends Runnable {
  readonly model: Model;
}

/** @throws {SignwaveError} `E_PEER` if the output isn't the reference's: bit for bit where layers read bits. */
export async function ownLayers(network: UnitNetwork, family: Family): Promise<OwnLayers> {
  const model = await load(network.bytes, { name: 'layers', ...family.options });
  const tolerance = network.units[0]!.shape.activations === 'bits' ? 0 : FLOAT_TOLERANCE;
  requireEqual(family.title, model.run(network.input), network.expected, tolerance);
  return { model, work: { run: () => void model.run(network.input) }, release: () => model.dispose() };
}

/** The layer by itself: runs of the longer and of the shorter network in turns, and the difference of their medians for one layer. */
export function layerContestant(name: string, { longer, shorter }: ReadyLayer): Contestant {
  return {
    name,
    medianMs: async (runs) => {
      const times = { longer: [] as number[], shorter: [] as number[] };
      for (let i = 0; i < runs; i++) {
        times.longer.push(await timeOnce(longer));
        times.shorter.push(await timeOnce(shorter));
      }
      return (median(times.longer) - median(times.shorter)) / MORE_LAYERS;
    },
  };
}

/** A whole call of an engine's API for a network of the layer alone. */
export function callContestant(name: string, { single }: ReadyLayer): Contestant {
  return { name, ...single.work };
}

async function timeOnce({ work }: Runnable): Promise<number> {
  const before = performance.now();
  // Awaiting what is no promise would put a turn of the event loop into the time of synchronous work.
  const pending = work.run();
  if (pending) await pending;
  return performance.now() - before;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
