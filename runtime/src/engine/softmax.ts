import { RECORD_FIELDS } from '../plan/records.js';

const field = (name: (typeof RECORD_FIELDS)['MapArguments'][number]): number =>
  RECORD_FIELDS.MapArguments.indexOf(name);

/**
 * SPEC 4.18 over one vector: the one operation without exact bits, and the one kernel in TypeScript. It runs once per inference at most,
 * on a thousand numbers; an exponential and a logarithm of its own would be a seventh of the WebAssembly.
 */
export function softmax(memory: ArrayBuffer, recordAddress: number): void {
  const record = new Int32Array(memory, recordAddress, RECORD_FIELDS.MapArguments.length);
  const channels = record[field('channels')]!;
  const x = new Float32Array(memory, record[field('input')]!, channels);
  const y = new Float32Array(memory, record[field('output')]!, channels);
  const largest = x.reduce((a, b) => Math.max(a, b));
  const sum = x.reduce((total, value) => total + Math.exp(value - largest), 0);
  const isLog = record[field('option')] === 1;
  x.forEach((value, c) => {
    y[c] = isLog ? value - largest - Math.log(sum) : Math.exp(value - largest) / sum;
  });
}
