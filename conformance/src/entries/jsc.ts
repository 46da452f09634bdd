// The program for JavaScriptCore's shell: jsc -m PROGRAM -- WORKLOAD simd|scalar THREADS
import './jsc-shell.js';
import { digestWorkload, wayOf } from '../digests.js';

declare const readFile: (path: string) => string;
declare const print: (line: string) => void;

const [workload, kernels, threads] = (globalThis as unknown as { arguments: string[] }).arguments;
digestWorkload(readFile(workload!), wayOf(kernels, threads)).then(
  (digests) => print(JSON.stringify(digests)),
  (error: unknown) => print(JSON.stringify({ error: String(error) })),
);
