import type { KernelName, RecordOf } from '../kernels/kernel-records.js';
import type { AnyRecord, UnitBytes } from '../kernels/record.js';
import type { Region } from './region.js';

/** What a step declares about itself. When maps live, and so which of them may share memory, follows from `reads` and `writes` alone. */
interface StepFacts {
  /** Nodes of the graph that the step executes. */
  readonly nodes: readonly number[];
  /** Why this kernel, in words. */
  readonly reason: string;
  /** The regions that outlive a step and that this one reads, and those that it writes: whole or in part. */
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  /** A map that is read element by element as one of the same size is written: both may lie in the same memory if it isn't read later. */
  readonly replaces?: { readonly read: Region; readonly written: Region } | undefined;
}

/**
 * How threads share a step. It is divided into units, such as rows or planes; nothing that one unit writes may be read or written by
 * another, regions in `own` aside.
 */
export interface Share<Of> {
  /** The field of the record that counts units, and how many there are. */
  readonly by: keyof Of;
  readonly units: number;
  /** Parts begin at multiples of this many units; default 1. */
  readonly multiple?: number;
  /** By how many bytes the place in a field moves from one unit to the next. */
  readonly unitBytes: UnitBytes<Of>;
  /** What else is different in the record of `units` units from unit `first` on. */
  readonly change?: (first: number, units: number) => Partial<Of>;
  /** Elements that the step moves or combines, if it does nothing else: few of them aren't worth a meeting of threads. */
  readonly elements?: number;
  /** Regions that each part needs for itself, besides all scratch. */
  readonly own?: readonly Region[];
}

interface PlannedStepOf<Kernel extends KernelName> extends StepFacts {
  readonly kernel: Kernel;
  readonly record: RecordOf<Kernel>;
  /** Absent where only one thread can do the work, or where `parts` says how it is shared. */
  readonly share?: Share<RecordOf<Kernel>> | undefined;
  /** The parts for threads, where each is more than units of `record`. */
  readonly parts?: readonly RecordOf<Kernel>[] | undefined;
  /** How a thread does all the work that works alone, if otherwise than `record` says. */
  readonly whole?: RecordOf<Kernel> | undefined;
}

/** A step as a kernel's room plans it, not yet divided among threads. */
export type PlannedStep = { [Kernel in KernelName]: PlannedStepOf<Kernel> }[KernelName];

/** What happens between two states of memory: one call of a kernel, or several that threads may make at the same time. */
export interface Step extends StepFacts {
  readonly kernel: KernelName;
  /** The records of the calls that threads may make at the same time. */
  readonly parts: readonly AnyRecord[];
  /** The records of the calls of a thread that works alone. */
  readonly whole: readonly AnyRecord[];
}
