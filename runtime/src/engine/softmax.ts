/** Where the fields of `MapArguments` lie (plan/records.ts; softmax.test.ts compares): a thread need not know all records for it. */
export const SOFTMAX_FIELDS = { input: 0, output: 1, channels: 5, option: 10 } as const;

/**
 * SPEC 4.18 over one vector: the one operation without exact bits, and the one kernel in TypeScript. It runs once per inference at most,
 * on a thousand numbers; an exponential and a logarithm of its own would be a seventh of the WebAssembly.
 */
export function softmax(memory: ArrayBufferLike, recordAddress: number): void {
  const record = new Int32Array(memory, recordAddress, SOFTMAX_FIELDS.option + 1);
  const channels = record[SOFTMAX_FIELDS.channels]!;
  const x = new Float32Array(memory, record[SOFTMAX_FIELDS.input]!, channels);
  const y = new Float32Array(memory, record[SOFTMAX_FIELDS.output]!, channels);
  const largest = x.reduce((a, b) => Math.max(a, b));
  const sum = x.reduce((total, value) => total + Math.exp(value - largest), 0);
  const isLog = record[SOFTMAX_FIELDS.option] === 1;
  x.forEach((value, c) => {
    y[c] = isLog ? value - largest - Math.log(sum) : Math.exp(value - largest) / sum;
  });
}
