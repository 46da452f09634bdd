import { countUpTo, FLAG, oneOf, type Rules, SIGNAL, TEXT } from './arguments.js';

/** A larger number is a mistake. */
const MAX_THREADS = 64;

/** What the options of `load` may be; `wasm` is checked where it is used. */
export const LOAD_RULES: Rules = {
  kernels: oneOf('auto', 'simd', 'scalar'),
  threads: countUpTo(MAX_THREADS, ['auto']),
  tune: FLAG,
  maxMemoryBytes: countUpTo(2 ** 32),
  wasm: ['an object', () => true],
  name: TEXT,
  signal: SIGNAL,
};
