// Reads inputs in a process of its own, which may hang or crash: started by reader.ts.
import { judge, type Verdict } from './judge.js';
import type { Input } from './kind.js';
import { KINDS, type KindName } from './kinds/index.js';
import { makeInput } from './make-input.js';

/** An input to read: the one with a number, or these bytes. */
export interface Request {
  readonly kind: KindName;
  readonly input: { readonly seed: number; readonly number: number } | Input;
}

process.on('message', async ({ kind, input }: Request) => {
  const made = 'bytes' in input ? input : makeInput(kind, input.seed, input.number);
  const verdict: Verdict = await judge(KINDS[kind], made);
  process.send!(verdict);
});
// An error that nobody awaits is one that nothing turned into words.
process.on('unhandledRejection', (error) => {
  throw error;
});
