import type { Model } from '@signwave/format';
import type { UnitNetwork } from '../layer-networks.js';

/** A network to be timed, with an input and what it has to give. */
export interface Network {
  readonly id: string;
  readonly title: string;
  readonly model: Model;
  readonly bytes: Uint8Array;
  /** (H, W, C), preprocessed. */
  readonly input: Float32Array;
  /** The reference's output for `input`. */
  readonly expected: Float32Array;
  /** Of signwave's own outputs, as `requireEqual` takes it: 0 unless activations are floats. */
  readonly tolerance: number;
  readonly macs: number;
}

/** Another engine, loaded and on one thread. */
export interface Peer {
  /** In results.json. */
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** Get ready to run layers: loaded, the output checked. A string says why the engine can't. */
  layers?(network: UnitNetwork): Promise<Runnable | string>;
  /** The same for a whole network. */
  network?(network: Network): Promise<Prepared | string>;
  dispose?(): Promise<void>;
}

/**
 * Something whose answer was right once. A run is a whole call: from numbers in an array of JavaScript to numbers in another, or in Python.
 */
export interface Prepared {
  /** Run once; or as often as asked, and give the median in milliseconds. */
  readonly work: Runnable['work'] | { medianMs(runs: number): Promise<number> };
  release(): void | Promise<void>;
}

/** A {@link Prepared} that is timed from outside. */
export interface Runnable {
  readonly work: { run(): void | Promise<void> };
  release(): void | Promise<void>;
}

/** A peer that isn't there. */
export interface MissingPeer {
  readonly id: string;
  readonly title: string;
  /** Why, in words of ours: it is published in bench/results.json. */
  readonly reason: string;
  /** What programs said; may name folders and servers of this machine, so it is printed and nothing else. */
  readonly details?: string;
}

export function isMissing(peer: Peer | MissingPeer): peer is MissingPeer {
  return 'reason' in peer;
}
