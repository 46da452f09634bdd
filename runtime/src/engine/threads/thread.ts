// The code that a thread runs. runtime/scripts/build-thread.mjs packs it as text into build/thread.ts, and start-thread.ts starts it.
import type { KernelExports } from '../engine.js';
import { isAfter, PROGRAMS, pause, spinOrNap, type ThreadStart, takePart, WORD } from './protocol.js';

/** How long a thread spins for the next run before it sleeps, so that inferences in quick succession find it awake. */
const SPIN_MS = 0.5;
/** The clock is read only this often, because reading it takes as long as several spins. */
const SPINS_PER_LOOK = 64;

/** Takes part in every run until it is told to stop. */
function serve(start: ThreadStart, tell: (message: 'ready' | { readonly error: string }) => void): void {
  const { control } = start;
  try {
    const { module, memory, work, thread } = start;
    const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
    const parts = work.parts.map((calls) =>
      calls.map(([name, recordAddress]) => ({ kernel: exports[name], recordAddress })),
    );
    const execute = (part: number): void => {
      for (const { kernel, recordAddress } of parts[part]!) kernel(recordAddress);
    };
    tell('ready');
    for (let run = 0; ; ) {
      run = nextRun(control, run);
      if (Atomics.load(control, WORD.stop)) return;
      takePart(control, work.programs[run & (PROGRAMS - 1)]!, run, thread, execute, (spins) => {
        spinOrNap(control, spins);
        return !isAfter(Atomics.load(control, WORD.run), run);
      });
    }
  } catch (cause) {
    Atomics.store(control, WORD.failed, 1);
    tell({ error: String((cause as Error).message ?? cause) });
  }
}

function nextRun(control: Int32Array, last: number): number {
  const start = performance.now();
  for (let spins = 1; ; spins++) {
    const run = Atomics.load(control, WORD.run);
    if (run !== last) return run;
    if (spins % SPINS_PER_LOOK === 0 && performance.now() - start > SPIN_MS) Atomics.wait(control, WORD.run, last);
    pause();
  }
}

(globalThis as { signwaveThread?: typeof serve }).signwaveThread = serve;
