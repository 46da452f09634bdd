import type { Timing } from '@signwave/lab';
import type { LayerShape } from './shapes.js';

/** bench/results.json: every number that README.md and docs/performance.md state. */
export interface Results {
  /** From `signwave eval --json`; absent until scripts/documents/write-results.mjs has measured it. */
  readonly evaluation?: { readonly images: number; readonly top1Percent: number };
  readonly inspection?: { readonly fileBytes: number; readonly float32Bytes: number };
  readonly bench: Bench;
}

export interface Bench {
  readonly machine: Machine;
  readonly rounds: number;
  readonly engines: readonly EngineRecord[];
  readonly layers: readonly LayerSetResult[];
  readonly networks: readonly NetworkResult[];
  readonly scaling: Scaling;
  readonly ablations: readonly AblationResult[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly v8: string;
  /** Day of the measurement, ISO 8601; if parts were measured at different times, the last day. */
  readonly date: string;
  readonly signwave: string;
  /** CPU time of the process divided by wall time while layers were timed: about 1, or above, unless other work took the core. */
  readonly coreShare?: number;
}

/** An engine that was asked for: what was measured, or why it wasn't. */
export type EngineRecord = { readonly id: string; readonly title: string } & (
  | { readonly version: string }
  | { readonly missing: string }
);

/** Timings whose `name` is the `id` of an engine. */
export type Timings = readonly Timing[];

export interface LayerSetResult {
  readonly title: string;
  readonly source: string;
  readonly layers: readonly LayerResult[];
}

export interface LayerResult {
  readonly shape: LayerShape;
  readonly macs: number;
  /** The kernel that `load` chose for it, and why. */
  readonly kernel: string;
  readonly reason: string;
  /** Times of the layer by itself: the difference of two networks that have calls and copies in common. */
  readonly timings: Timings;
  /** Times of a whole call for a network of this layer alone: from numbers in an array to numbers in an array. */
  readonly callTimings: Timings;
  /** Why engines can't run it, by their ids. */
  readonly skipped: Readonly<Record<string, string>>;
}

export interface NetworkResult {
  readonly id: string;
  readonly title: string;
  /** How much its outputs changed, if it was converted with an option that changes them. */
  readonly outputChange?: OutputChange;
  readonly macs: number;
  readonly fileBytes: number;
  readonly wasmBytes: number;
  readonly timings: Timings;
  readonly skipped: Readonly<Record<string, string>>;
  readonly profile: readonly ProfileRow[];
  readonly startups: readonly StartupResult[];
}

/** The result of `outputChange` in bench/output-change.mjs. */
export interface OutputChange {
  /** The network without the option. */
  readonly of: string;
  readonly images: number;
  readonly otherFirstClass: number;
  readonly largestShift: number;
}

/** A step of the plan. */
export interface ProfileRow {
  readonly name: string;
  readonly kernel: string;
  readonly isBinary: boolean;
  readonly macs: number;
  readonly medianMs: number;
}

/** Medians over fresh processes. */
export interface StartupResult {
  /** `signwave` or `ort-web-float32`. */
  readonly engine: string;
  readonly processes: number;
  /** From the file's bytes to a model that can run. */
  readonly loadMs: number;
  /** The first inference after that. */
  readonly firstRunMs: number;
  /** How much the process grew, from before the engine's code was loaded to after the first inference. */
  readonly rssBytes: number;
  /** Size of the WebAssembly memory, if the engine tells. */
  readonly memoryBytes?: number;
}

/** How the time of `signwave` grows with the work. */
export interface Scaling {
  readonly channels: readonly ScalingPoint[];
  readonly mapSize: readonly ScalingPoint[];
  readonly batch: readonly ScalingPoint[];
}

export interface ScalingPoint {
  /** Channels, side of the map in pixels, or images. */
  readonly at: number;
  readonly macs: number;
  readonly medianMs: number;
}

export interface AblationResult {
  readonly id: string;
  readonly title: string;
  /** What was measured. */
  readonly subject: string;
  readonly defaultMs: number;
  readonly changedMs: number;
}

/** @returns the timing of an engine, if it was measured. */
export function timingOf(timings: Timings, engine: string): Timing | undefined {
  return timings.find(({ name }) => name === engine);
}
