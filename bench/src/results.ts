import type { Timing } from '@signwave/lab';
import type { LayerShape } from './shapes.js';

/** bench/results.json: all that README.md and docs/performance.md say in numbers. */
export interface Results {
  /** From `signwave eval --json`; absent until scripts/write-results.mjs has measured it. */
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
  /** Day of the measurement, ISO 8601; the last one if parts were measured apart. */
  readonly date: string;
  readonly signwave: string;
  /** CPU time of the process by wall time while layers were timed: near 1, or above, unless other work had the core. */
  readonly coreShare?: number;
}

/** An engine that was asked for: measured, or why not. */
export type EngineRecord = { readonly id: string; readonly title: string } & (
  | { readonly version: string }
  | { readonly missing: string }
);

/** `name` of a timing is the `id` of an engine. */
export type Timings = readonly Timing[];

export interface LayerSetResult {
  readonly title: string;
  readonly source: string;
  readonly layers: readonly LayerResult[];
}

export interface LayerResult {
  readonly shape: LayerShape;
  readonly macs: number;
  /** What `load` chose for it, and why. */
  readonly kernel: string;
  readonly reason: string;
  /** Of the layer by itself: the difference of two networks, in which calls and copies are the same. */
  readonly timings: Timings;
  /** Of a whole call for a network of this layer alone: from numbers in an array to numbers in an array. */
  readonly callTimings: Timings;
  /** Engines that can't run it, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

export interface NetworkResult {
  readonly id: string;
  readonly title: string;
  /** Where it was converted with an option that changes outputs: how much. */
  readonly outputChange?: OutputChange;
  readonly macs: number;
  readonly fileBytes: number;
  readonly wasmBytes: number;
  readonly timings: Timings;
  readonly skipped: Readonly<Record<string, string>>;
  readonly profile: readonly ProfileRow[];
  readonly startups: readonly StartupResult[];
}

/** As `outputChange` of bench/output-change.mjs has it. */
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
  /** From the bytes of the file to something that can run. */
  readonly loadMs: number;
  /** The first inference after that. */
  readonly firstRunMs: number;
  /** What the process grew by, from before the engine's code was loaded to after the first inference. */
  readonly rssBytes: number;
  /** Of WebAssembly, where the engine says so. */
  readonly memoryBytes?: number;
}

/** How the time of `signwave` grows. */
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
  /** What it was measured on. */
  readonly subject: string;
  readonly defaultMs: number;
  readonly changedMs: number;
}

/** The timing of an engine, if it was measured. */
export function timingOf(timings: Timings, engine: string): Timing | undefined {
  return timings.find(({ name }) => name === engine);
}
