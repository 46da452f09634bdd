import type { Model } from '@signwave/format';
import type { UnitNetwork } from '../layer-networks.js';

/** A network to be timed, with an input and the output expected for it. */
export interface Network {
  readonly id: string;
  readonly title: string;
  readonly model: Model;
  readonly bytes: Uint8Array;
  /** (H, W, C), preprocessed. */
  readonly input: Float32Array;
  /** The reference's output for `input`. */
  readonly expected: Float32Array;
  /** Tolerance for signwave's own outputs, see `requireEqual`: 0 unless activations are floats. */
  readonly tolerance: number;
  readonly macs: number;
}

/** Another engine, loaded, on one thread. */
export interface Peer {
  /** Its name in results.json. */
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** Gets ready to run layers: loads them and checks the output. @returns why the engine can't, as a string. */
  layers?(network: UnitNetwork): Promise<Runnable | string>;
  /** Does the same for a whole network. */
  network?(network: Network): Promise<Prepared | string>;
  dispose?(): Promise<void>;
}

/**
 * Something that gave the right answer once. A run is a whole call: from numbers in a JavaScript array to numbers in another, or the same
 * in Python.
 */
export interface Prepared {
  /** Either one run, or a function that makes as many runs as asked and gives their median. */
  readonly work: Runnable['work'] | { medianMs(runs: number): Promise<number> };
  release(): void | Promise<void>;
}

/** A {@link Prepared} that is timed from outside. */
export interface Runnable {
  readonly work: { run(): void | Promise<void> };
  release(): void | Promise<void>;
}

/** A peer that can't be measured here. */
export interface MissingPeer {
  readonly id: string;
  readonly title: string;
  /** Why, in our own words: bench/results.json publishes it. */
  readonly reason: string;
  /** What programs printed. It may name folders and servers of this machine, so it is only shown, never stored. */
  readonly details?: string;
}

export function isMissing(peer: Peer | MissingPeer): peer is MissingPeer {
  return 'reason' in peer;
}
