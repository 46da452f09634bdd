/**
 * Word offsets of fields of `MapArguments`, repeated from kernels/generated/records.ts so that threads don't have to load all records;
 * softmax.test.ts checks that they agree.
 */
export const SOFTMAX_FIELDS = { input: 0, output: 1, channels: 5, option: 10 } as const;

/**
 * Softmax or log-softmax of one vector (SPEC 4.18): the only operation without exact bits, and the only kernel in TypeScript. It runs at
 * most once per inference, on about a thousand numbers; an exponential and a logarithm would make up a seventh of the WebAssembly.
 *
 * @section pixels
 * @takes f32 -> f64 -> f32
 * @tile 1 float
 * @chosen `softmax`: one vector at the end of a network, where exp isn't worth a kernel
 * @room softmax.ts
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
