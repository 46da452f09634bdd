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
  /** Read this input of each kind alone. */
  readonly only?: number;
  /** The bundled worker.ts. */
  readonly worker: string;
  readonly onBug: (bug: Bug) => void;
  readonly onTurn: (tallies: Tallies) => void;
}

/** Reads inputs of all kinds in turn until the time is over, or the numbers of inputs are reached. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { kinds, seed, minutes, inputs = {}, only, worker, onBug, onTurn } = options;
  const endMs = performance.now() + 60_000 * minutes;
  const reader = new Reader(worker);
  const bugs = new Map<string, Bug>();
  const tallies = Object.fromEntries(kinds.map((kind) => [kind, newTally(KINDS[kind].about)])) as Record<
    KindName,
    Tally
  >;
  const count = async (kind: KindName, number: number, verdict: Verdict): Promise<void> => {
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
    const bug = { kind, number, count: 1, smallest, ...verdict.finding };
    bugs.set(key, bug);
    onBug(bug);
  };
  const readOne = async (kind: KindName, number: number): Promise<void> =>
    count(kind, number, await confirmed(reader, { kind, seed, first: number, count: 1 }));
  if (only !== undefined) for (const kind of kinds) await readOne(kind, only);
  else {
    const schedule = new Schedule(kinds, inputs);
    for (let kind = schedule.next(tallies); kind && performance.now() < endMs; kind = schedule.next(tallies)) {
      const tally = tallies[kind];
      const turnEndMs = Math.min(endMs, performance.now() + TURN_MS);
      while (performance.now() < turnEndMs && schedule.left(kind, tally) > 0) {
        const first = tally.inputs;
        const most = Math.min(MAX_AT_ONCE, schedule.left(kind, tally));
        const verdicts = await reader.read({ kind, seed, first, count: most });
        const sound = verdicts.filter(({ finding }) => !finding);
        for (const [n, verdict] of sound.entries()) await count(kind, first + n, verdict);
        const finding = verdicts.at(-1)!.finding;
        if (finding) await readFailed(kind, finding, most - sound.length);
      }
      onTurn(tallies);
    }
  }
  reader.renew();
  return { tallies, bugs: [...bugs.values()] };

  /** Reads inputs one by one until one is a finding, as one was when they were read together. */
  async function readFailed(kind: KindName, { problem, text }: Finding, most: number): Promise<void> {
    const tally = tallies[kind];
    const [first, before] = [tally.inputs, tally.findings];
    // Only these leave open which input they belong to.
    const suspects = problem === 'crash' || problem === 'hang' ? most : 1;
    for (let n = 0; n < suspects && tally.findings === before; n++) await readOne(kind, tally.inputs);
    // Busy machines answer late, but don't crash.
    if (problem !== 'crash' || tally.findings > before) return;
    tally.findings++;
    const bug = { kind, number: first, count: 1, smallest: makeInput(kind, seed, first), problem };
    bugs.set(`${kind} crash after others`, { ...bug, text: `only after other inputs: ${text}` });
    onBug(bugs.get(`${kind} crash after others`)!);
  }
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
