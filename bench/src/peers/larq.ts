import { SignwaveError } from '@signwave/format';
import { type Machine, THIS_MACHINE } from '@signwave/trainer/internals';
import { requireSameAnswer } from '../check.js';
import { larqPython, pinnedVersion } from './larq-environment.js';
import { LarqProcess, type LarqWay } from './larq-process.js';
import type { MissingPeer, Network, Peer } from './peer.js';

const LARQ = 'larq compute engine, native';
/** What each way is called in results. */
export const LARQ_WAYS = {
  indirect: { id: 'larq-indirect', title: `${LARQ}, indirect bgemm and XNNPACK` },
  default: { id: 'larq', title: `${LARQ}, as it comes` },
  float: { id: 'tflite-float32', title: 'TensorFlow Lite with XNNPACK, native, float32' },
} as const satisfies Record<LarqWay, object>;
/** The packages of bench/larq/requirements.txt that they are in. */
const PACKAGES = { indirect: 'larq-compute-engine', default: 'larq-compute-engine', float: 'tensorflow-cpu' } as const;

/** Of outputs of the same network, as a share of the largest: float sums are in another order (docs/larq.md). */
export const LARQ_TOLERANCE = 1e-5;

/** The network of larq's zoo that is nearest to our ResNet-18: it has the same convolutions, with a real-valued stem and shortcuts. */
const COUNTERPART = { of: 'resnet18-imagenet', network: 'BinaryResNetE18', folder: 'build/bench/larq/BinaryResNetE18' };
const COUNTERPART_WAYS = {
  default: { id: 'larq', title: `${LARQ}, ${COUNTERPART.network}, as it comes` },
  indirect: { id: 'larq-indirect', title: `${LARQ}, ${COUNTERPART.network}, indirect bgemm and XNNPACK` },
} as const;

/**
 * Of its outputs with those of Keras, which sums floats in another order. That flips signs of values near zero, and with random weights the
 * difference grows from layer to layer; but outputs of another network wouldn't be correlated at all.
 */
const LEAST_CORRELATION = 0.98;

export function larqVersion(way: LarqWay): string {
  return pinnedVersion(PACKAGES[way]);
}

/** larq compute engine beside one network of ours, with its own that comes nearest: it can't run ours. */
export async function larqPeers(
  log: (line: string) => void,
  machine: Machine = THIS_MACHINE,
): Promise<(Peer | MissingPeer)[]> {
  const ways = Object.keys(COUNTERPART_WAYS) as (keyof typeof COUNTERPART_WAYS)[];
  const missing = (reason: string, details = ''): MissingPeer[] =>
    ways.map((way, i) => ({ ...COUNTERPART_WAYS[way], reason, ...(i === 0 && { details }) }));
  const python = await larqPython(log, machine);
  if (typeof python !== 'string') return missing(python.reason, python.details);
  const process = await LarqProcess.start(python, COUNTERPART.network, COUNTERPART.folder);
  if (typeof process === 'string') return missing('its process failed', process);
  return ways.map((way) => ({
    ...peerOf(process, way, async ({ id }) => {
      if (id !== COUNTERPART.of) return `it is timed on ${COUNTERPART.network} alone`;
      const correlation = process.correlations[way];
      if (correlation >= LEAST_CORRELATION) return undefined;
      return `its outputs and those of Keras have a correlation of ${correlation.toFixed(3)} only`;
    }),
    ...COUNTERPART_WAYS[way],
  }));
}

/**
 * Python's engines beside the packed form of the network that the process has.
 *
 * @param differences takes, by engine, how far outputs are from the expected ones, as a share of the largest.
 */
export function zooPeers(process: LarqProcess, differences: Map<string, number>): Peer[] {
  return (Object.keys(LARQ_WAYS) as LarqWay[]).map((way) =>
    peerOf(process, way, async ({ expected }) => {
      const { id, title } = LARQ_WAYS[way];
      const output = await process.output(way);
      differences.set(id, largestDifference(output, expected));
      requireSameAnswer(title, output, expected, LARQ_TOLERANCE);
      return undefined;
    }),
  );
}

/** @param refusal says why a network isn't run, once it has compared the outputs of one that is. */
function peerOf(process: LarqProcess, way: LarqWay, refusal: (network: Network) => Promise<string | undefined>): Peer {
  return {
    ...LARQ_WAYS[way],
    version: larqVersion(way),
    network: async (network) =>
      (await refusal(network)) ?? {
        work: { medianMs: (runs) => process.medianMs(way, runs) },
        release: () => undefined,
      },
    dispose: async () => process.stop(),
  };
}

function largestDifference(got: readonly number[], expected: Float32Array): number {
  if (got.length !== expected.length)
    throw new SignwaveError('E_PEER', `an output has ${got.length} numbers, expected ${expected.length}`);
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs(got[i]! - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}
