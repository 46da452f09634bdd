import { type Finding, signature, type Verdict } from './judge.js';
import type { Input } from './kind.js';
import { KINDS, type KindName } from './kinds/index.js';
import { makeInput } from './make-input.js';
import { minimise } from './minimise.js';
import { Reader } from './reader.js';

/** How long one kind is fuzzed before the next one's turn. */
const TURN_MS = 3_000;
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
  /** Of inputs that aren't findings. */
  slowestCpuMs: number;
  peakBytes: number;
  findings: number;
}

export interface FuzzResult {
  readonly tallies: Readonly<Partial<Record<KindName, Tally>>>;
  readonly bugs: readonly Bug[];
}

export interface FuzzOptions {
  readonly kinds: readonly KindName[];
  readonly seed: number;
  readonly minutes: number;
  /** Read this input of each kind alone. */
  readonly only?: number;
  /** The bundled worker.ts. */
  readonly worker: string;
  readonly onBug: (bug: Bug) => void;
}

/** Reads inputs of all kinds in turn until the time is over. */
export async function fuzz({ kinds, seed, minutes, only, worker, onBug }: FuzzOptions): Promise<FuzzResult> {
  const endMs = performance.now() + 60_000 * minutes;
  const reader = new Reader(worker);
  const bugs = new Map<string, Bug>();
  const tallies = new Map(kinds.map((kind) => [kind, newTally(KINDS[kind].about)]));
  const readOne = async (kind: KindName, number: number): Promise<void> => {
    const tally = tallies.get(kind)!;
    const verdict = await confirmed(reader, kind, { seed, number });
    tally.inputs++;
    tally[verdict.outcome]++;
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
  if (only !== undefined) for (const kind of kinds) await readOne(kind, only);
  else {
    for (let turn = 0; performance.now() < endMs; turn++) {
      const kind = kinds[turn % kinds.length]!;
      const turnEndMs = Math.min(endMs, performance.now() + TURN_MS);
      while (performance.now() < turnEndMs) await readOne(kind, tallies.get(kind)!.inputs);
    }
  }
  reader.renew();
  return { tallies: Object.fromEntries(tallies), bugs: [...bugs.values()] };
}

/** Time and memory count only if a new process, which has nothing else to do, finds them again. */
async function confirmed(
  reader: Reader,
  kind: KindName,
  input: Input | { readonly seed: number; readonly number: number },
): Promise<Verdict> {
  const verdict = await reader.read({ kind, input });
  if (!verdict.finding || !['slow', 'memory', 'hang'].includes(verdict.finding.problem)) return verdict;
  reader.renew();
  const again = await reader.read({ kind, input });
  reader.renew();
  return again;
}

async function smallestInput(reader: Reader, kind: KindName, input: Input, finding: Finding): Promise<Input> {
  const endMs = performance.now() + MINIMISE_MS;
  const fails = async (bytes: Uint8Array): Promise<boolean> => {
    if (performance.now() > endMs) return false;
    const found = (await confirmed(reader, kind, { name: input.name, bytes })).finding;
    return found !== undefined && signature(found) === signature(finding);
  };
  return { name: input.name, bytes: await minimise(input.bytes, fails, MINIMISE_TRIES) };
}

function newTally(about: string): Tally {
  return { about, inputs: 0, read: 0, refused: 0, slowestCpuMs: 0, peakBytes: 0, findings: 0 };
}
