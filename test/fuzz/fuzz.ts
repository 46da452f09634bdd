import { type Finding, signature, type Verdict } from './judge.js';
import type { Input } from './kind.js';
import { KINDS, type KindName } from './kinds/index.js';
import { makeInput } from './make-input.js';
import { minimise } from './minimise.js';
import { Reader } from './reader.js';
import { Schedule } from './schedule.js';

/** How long one kind is fuzzed before the next one's turn. */
const TURN_MS = 3_000;
/** The most inputs that a process is asked to read at once. */
const MAX_AT_ONCE = 200;
const MINIMISE_TRIES = 300;
const MINIMISE_MS = 60_000;

/** A bug, with the first of the inputs that show it. */
export interface Bug extends Finding {
  readonly kind: KindName;
  readonly number: number;
  /** How many inputs show it. */
  count: number;
  /** The smallest file that was found to show it. */
  readonly smallest: Input;
}

export interface Tally {
  readonly about: string;
  inputs: number;
  read: number;
  refused: number;
  /** Bits and sign maps that were compared, as kind.ts counts them. */
  bits: number;
  signMaps: number;
  /** Of inputs that aren't findings. */
  slowestCpuMs: number;
  peakBytes: number;
  findings: number;
}

export type Tallies = Readonly<Partial<Record<KindName, Tally>>>;

export interface FuzzResult {
  readonly tallies: Tallies;
  readonly bugs: readonly Bug[];
}

export interface FuzzOptions {
  readonly kinds: readonly KindName[];
  readonly seed: number;
  readonly minutes: number;
  /** How many inputs of each kind to read at most; without it, as many as the time allows. */
  readonly inputs?: Readonly<Partial<Record<KindName, number>>>;
  /** How many processes read at the same time; default 1. */
  readonly processes?: number;
  /** Read this input of each kind alone. */
  readonly only?: number;
  /** The bundled worker.ts. */
  readonly worker: string;
  readonly onBug: (bug: Bug) => void;
  readonly onTurn: (tallies: Tallies) => void;
}

/** Numbers of inputs, from one to below another. */
interface Range {
  readonly first: number;
  readonly end: number;
}

/** Reads inputs of all kinds in turn until the time is over, or the numbers of inputs are reached. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { kinds, seed, minutes, inputs = {}, processes = 1, only, worker, onBug, onTurn } = options;
  const endMs = performance.now() + 60_000 * minutes;
  const bugs = new Map<string, Bug>();
  const tallies = of(kinds, (kind) => newTally(KINDS[kind].about));
  /** How many inputs of each kind were read or are being read. */
  const given = of(kinds, () => ({ inputs: 0 }));
  const unread = of(kinds, (): Range[] => []);
  const schedule = new Schedule(kinds, inputs);
  const readers = Array.from({ length: processes }, () => new Reader(worker));
  if (only !== undefined) for (const kind of kinds) await readOne(readers[0]!, kind, only);
  else await Promise.all(readers.map(readInTurn));
  for (const reader of readers) reader.renew();
  return { tallies, bugs: [...bugs.values()] };

  async function readInTurn(reader: Reader): Promise<void> {
    for (let kind = schedule.next(given); kind && performance.now() < endMs; kind = schedule.next(given)) {
      const turnEndMs = Math.min(endMs, performance.now() + TURN_MS);
      while (performance.now() < turnEndMs && schedule.left(kind, given[kind]) > 0) {
        const { first, end } = takeRange(kind);
        const reached = await readSeveral(reader, kind, first, end, turnEndMs);
        if (reached === end) continue;
        unread[kind].push({ first: reached, end });
        given[kind].inputs -= end - reached;
      }
      onTurn(tallies);
    }
  }

  /** Numbers of inputs to read: those that were left over in another turn, or the next ones. */
  function takeRange(kind: KindName): Range {
    const first = given[kind].inputs;
    const range = unread[kind].pop() ?? { first, end: first + Math.min(MAX_AT_ONCE, schedule.left(kind, given[kind])) };
    given[kind].inputs += range.end - range.first;
    return range;
  }

  /** Reads the inputs from one number to below another until it is time. @returns the number behind the last that was read. */
  async function readSeveral(
    reader: Reader,
    kind: KindName,
    first: number,
    end: number,
    untilMs: number,
  ): Promise<number> {
    let number = first;
    while (number < end && performance.now() < untilMs) {
      const verdicts = await reader.read({ kind, seed, first: number, count: end - number });
      const sound = verdicts.filter(({ finding }) => !finding);
      for (const verdict of sound) await count(reader, kind, number++, verdict);
      const finding = verdicts.at(-1)!.finding;
      if (finding) number = await readFailed(reader, kind, finding, number, end);
    }
    return number;
  }

  /** Reads inputs one by one until one is a finding, as one was when they were read together. @returns the number behind it. */
  async function readFailed(
    reader: Reader,
    kind: KindName,
    { problem, text }: Finding,
    first: number,
    end: number,
  ): Promise<number> {
    // Only these leave open which input they belong to.
    const suspectsEnd = problem === 'crash' || problem === 'hang' ? end : first + 1;
    for (let number = first; number < suspectsEnd; number++) if (await readOne(reader, kind, number)) return number + 1;
    // Busy machines answer late, but don't crash.
    if (problem === 'crash') {
      tallies[kind].findings++;
      const bug = { kind, number: first, count: 1, smallest: makeInput(kind, seed, first), problem };
      report(`${kind} crash after others`, { ...bug, text: `only after other inputs: ${text}` });
    }
    return suspectsEnd;
  }

  /** @returns whether it is a finding. */
  async function readOne(reader: Reader, kind: KindName, number: number): Promise<boolean> {
    const verdict = await confirmed(reader, { kind, seed, first: number, count: 1 });
    await count(reader, kind, number, verdict);
    return verdict.finding !== undefined;
  }

  async function count(reader: Reader, kind: KindName, number: number, verdict: Verdict): Promise<void> {
    const tally = tallies[kind];
    tally.inputs++;
    tally[verdict.outcome]++;
    tally.bits += verdict.compared?.bits ?? 0;
    tally.signMaps += verdict.compared?.signMaps ?? 0;
    if (!verdict.finding) {
      tally.slowestCpuMs = Math.max(tally.slowestCpuMs, verdict.cpuMs);
      tally.peakBytes = Math.max(tally.peakBytes, verdict.peakBytes);
      return;
    }
    tally.findings++;
    const key = `${kind} ${signature(verdict.finding)}`;
    const known = bugs.get(key);
    if (known) {
      known.count++;
      return;
    }
    const smallest = await smallestInput(reader, kind, makeInput(kind, seed, number), verdict.finding);
    report(key, { kind, number, count: 1, smallest, ...verdict.finding });
  }

  function report(key: string, bug: Bug): void {
    bugs.set(key, bug);
    onBug(bug);
  }
}

function of<T>(kinds: readonly KindName[], make: (kind: KindName) => T): Record<KindName, T> {
  return Object.fromEntries(kinds.map((kind) => [kind, make(kind)])) as Record<KindName, T>;
}

/** Time and memory count only if a new process, which has nothing else to do, finds them again. */
async function confirmed(reader: Reader, request: Parameters<Reader['read']>[0]): Promise<Verdict> {
  const [verdict] = await reader.read(request);
  if (!verdict!.finding || !['slow', 'memory', 'hang'].includes(verdict!.finding.problem)) return verdict!;
  reader.renew();
  const [again] = await reader.read(request);
  reader.renew();
  return again!;
}

async function smallestInput(reader: Reader, kind: KindName, input: Input, finding: Finding): Promise<Input> {
  const endMs = performance.now() + MINIMISE_MS;
  const fails = async (bytes: Uint8Array): Promise<boolean> => {
    if (performance.now() > endMs) return false;
    const found = (await confirmed(reader, { kind, input: { name: input.name, bytes } })).finding;
    return found !== undefined && signature(found) === signature(finding);
  };
  return { name: input.name, bytes: await minimise(input.bytes, fails, MINIMISE_TRIES) };
}

function newTally(about: string): Tally {
  return { about, inputs: 0, read: 0, refused: 0, bits: 0, signMaps: 0, slowestCpuMs: 0, peakBytes: 0, findings: 0 };
}
