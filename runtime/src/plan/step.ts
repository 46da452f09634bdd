import type { KernelName, RecordOf } from '../kernels/kernel-records.js';
import type { AnyRecord, UnitBytes } from '../kernels/record.js';
import type { Region } from './region.js';

/** What a step declares, beside its records. */
interface StepFacts {
  /** The nodes of the graph that the step executes. */
  readonly nodes: readonly number[];
  /** Why this kernel was chosen, in words. */
  readonly reason: string;
  /**
   * A map that is read element by element while one of the same size is written. Both may lie in the same memory if the first one isn't
   * read later.
   */
  readonly replaces?: { readonly read: Region; readonly written: Region } | undefined;
}

/**
 * How threads share a step. The step is divided into units, such as rows or planes. What one unit writes, another may neither read nor
 * write, except in regions in `own`.
 */
export interface Share<Of> {
  /** The field of the record that counts units, and their number. */
  readonly by: keyof Of;
  readonly units: number;
  /** Parts begin at multiples of this many units; default 1. */
  readonly multiple?: number;
  /** By how many bytes the pointer in a field moves from one unit to the next. */
  readonly unitBytes: UnitBytes<Of>;
  /** Gives the other fields that differ in the record of `units` units from unit `first` on. */
  readonly change?: (first: number, units: number) => Partial<Of>;
  /** Number of elements, if the step only moves or combines elements. For few of them, sharing isn't worth the synchronization. */
  readonly elements?: number;
  /** Regions that each part needs for itself. All scratch is its own in any case. */
  readonly own?: readonly Region[];
}

interface PlannedStepOf<Kernel extends KernelName> extends StepFacts {
  readonly kernel: Kernel;
  readonly record: RecordOf<Kernel>;
  /** Absent if only one thread can do the work, or if `parts` says how it is shared. */
  readonly share?: Share<RecordOf<Kernel>> | undefined;
  /** The records of the parts, if these aren't just units of `record`. */
  readonly parts?: readonly RecordOf<Kernel>[] | undefined;
  /** The record for a thread that works alone, if it differs from `record`. */
  readonly whole?: RecordOf<Kernel> | undefined;
}

/** A step as a kernel's room plans it, not yet divided among threads. */
export type PlannedStep = { [Kernel in KernelName]: PlannedStepOf<Kernel> }[KernelName];

/** One call of a kernel, or several calls that threads may make at the same time. */
export interface Step extends StepFacts {
  readonly kernel: KernelName;
  /** The records of the calls that threads may make at the same time. */
  readonly parts: readonly AnyRecord[];
  /** The records of the calls that a thread makes if it works alone. */
  readonly whole: readonly AnyRecord[];
}
