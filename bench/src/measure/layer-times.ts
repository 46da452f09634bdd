import type { Contestant } from '@signwave/lab';
import { load, type Model } from '@signwave/runtime';
import { requireEqual } from '../check.js';
import type { Family } from '../families.js';
import { MORE_LAYERS, type TimedLayer, type UnitNetwork } from '../layer-networks.js';
import { median } from '../median.js';
import type { Runnable } from '../peers/peer.js';

/** Tolerance for float layers, where kernels may sum in another order than the reference. */
const FLOAT_TOLERANCE = 1e-5;

/** An engine that is ready to run the networks that time a layer. */
export interface ReadyLayer {
  readonly single: Runnable;
  readonly longer: Runnable;
  readonly shorter: Runnable;
}

/**
 * @param open gets an engine ready for a network, or says why it can't.
 * @returns the ready layer, or the reason why there is none.
 */
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

/** The networks of a layer in signwave, outputs checked. */
export interface OwnLayers extends Runnable {
  readonly model: Model;
}

/** @throws {SignwaveError} `E_PEER` if the output isn't the reference's: bit for bit if layers read bits. */
export async function ownLayers(network: UnitNetwork, family: Family): Promise<OwnLayers> {
  const model = await load(network.bytes, { name: 'layers', ...family.options });
  const tolerance = network.units[0]!.shape.activations === 'bits' ? 0 : FLOAT_TOLERANCE;
  requireEqual(family.title, model.run(network.input), network.expected, tolerance);
  return { model, work: { run: () => void model.run(network.input) }, release: () => model.dispose() };
}

/**
 * Times the layer by itself: runs the longer and the shorter network in turns and divides the difference of their medians by the layers.
 */
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

/** Times a whole call of an engine's API for a network of the layer alone. */
export function callContestant(name: string, { single }: ReadyLayer): Contestant {
  return { name, ...single.work };
}

async function timeOnce({ work }: Runnable): Promise<number> {
  const before = performance.now();
  // Awaiting a value that is no promise would add a turn of the event loop to the time of synchronous work.
  const pending = work.run();
  if (pending) await pending;
  return performance.now() - before;
}
