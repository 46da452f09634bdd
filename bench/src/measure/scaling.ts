import { SignwaveError } from '@signwave/format';
import { timeInterleaved } from '@signwave/lab';
import { load } from '@signwave/runtime';
import { requireEqual } from '../check.js';
import { DEFAULT_FAMILY } from '../families.js';
import { timedLayer } from '../layer-networks.js';
import type { Network } from '../peers/peer.js';
import type { Scaling, ScalingPoint } from '../results.js';
import type { LayerShape } from '../shapes.js';
import { layerContestant, ownLayers, type ReadyLayer, readyLayer, releaseLayer } from './layer-times.js';
import { type MeasureOptions, WARM_UP_MS } from './layers.js';

const CHANNELS = [16, 32, 64, 128, 256, 512];
const MAP_SIDES = [7, 14, 28, 56, 112];
const BATCHES = [1, 2, 4, 8, 16];
/** Channels and side of the layers: one stays so while the other grows. */
const SIDE = 14;
const WIDTH = 64;
const SAMPLE_MS = 10;

/** Times 3 x 3 layers of growing width and size, and growing batches of `network`. */
export async function measureScaling(network: Network, options: MeasureOptions): Promise<Scaling> {
  options.log('how time grows');
  return {
    channels: await measureShapes(CHANNELS, (channels) => square(SIDE, channels), options),
    mapSize: await measureShapes(MAP_SIDES, (side) => square(side, WIDTH), options),
    batch: await measureBatches(network, options),
  };
}

function square(side: number, channels: number): LayerShape {
  const rest = { kernel: 3, stride: 1, pad: 1, groups: 1, activations: 'bits' } as const;
  return { height: side, width: side, inChannels: channels, outChannels: channels, ...rest };
}

async function measureShapes(
  at: readonly number[],
  shapeAt: (at: number) => LayerShape,
  { rounds }: MeasureOptions,
): Promise<ScalingPoint[]> {
  const layers = at.map((value) => timedLayer(shapeAt(value), value));
  const ready: ReadyLayer[] = [];
  for (const layer of layers) {
    const own = await readyLayer(layer, (network) => ownLayers(network, DEFAULT_FAMILY));
    if (typeof own === 'string') throw new SignwaveError('E_PEER', own);
    ready.push(own);
  }
  const contestants = ready.map((it, i) => layerContestant(`${at[i]}`, it));
  const timings = await timeInterleaved(contestants, { rounds, minMs: SAMPLE_MS, warmUpMs: WARM_UP_MS });
  for (const it of ready) await releaseLayer(it);
  return timings.map(({ medianMs }, i) => ({ at: at[i]!, macs: layers[i]!.macs, medianMs }));
}

async function measureBatches(
  { bytes, input, expected, tolerance, macs }: Network,
  { rounds }: MeasureOptions,
): Promise<ScalingPoint[]> {
  const model = await load(bytes, DEFAULT_FAMILY.options);
  const batches = BATCHES.map((size) => Array.from({ length: size }, () => input));
  for (const output of model.runBatch(batches.at(-1)!)) requireEqual('a batch', output, expected, tolerance);
  const contestants = batches.map((batch) => ({ name: `${batch.length}`, run: () => void model.runBatch(batch) }));
  const timings = await timeInterleaved(contestants, { rounds, minMs: SAMPLE_MS, warmUpMs: WARM_UP_MS });
  model.dispose();
  return timings.map(({ medianMs }, i) => ({ at: BATCHES[i]!, macs: macs * BATCHES[i]!, medianMs }));
}
