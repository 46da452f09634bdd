// Reads inputs in a process of its own, which may hang or crash: started by reader.ts.
import { judge, type Verdict } from './judge.js';
import type { Input } from './kind.js';
import { KINDS, type KindName } from './kinds/index.js';
import { makeInput } from './make-input.js';

/** After this time, in milliseconds, the process says how far it came. */
const ANSWER_MS = 250;

/** What to read: these bytes, or the inputs with the numbers from `first` on, until one is a finding or it is time to answer. */
export type Request =
  | { readonly kind: KindName; readonly input: Input }
  | { readonly kind: KindName; readonly seed: number; readonly first: number; readonly count: number };

// A finding is told by the place that threw; longer traces take a tenth of the time.
Error.stackTraceLimit = 2;
process.on('message', async (request: Request) => {
  process.send!('input' in request ? [await judge(KINDS[request.kind], request.input)] : await readSeveral(request));
});
// An error that nobody awaits is one that nothing turned into words.
process.on('unhandledRejection', (error) => {
  throw error;
});

async function readSeveral({ kind, seed, first, count }: Exclude<Request, { input: Input }>): Promise<Verdict[]> {
  const endMs = performance.now() + ANSWER_MS;
  const verdicts: Verdict[] = [];
  do {
    const number = first + verdicts.length;
    verdicts.push(await judge(KINDS[kind], makeInput(kind, seed, number), number));
  } while (verdicts.length < count && !verdicts.at(-1)!.finding && performance.now() < endMs);
  return verdicts;
}
