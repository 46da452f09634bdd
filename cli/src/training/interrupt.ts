import { handleOutputFailure, printNote } from '../report/output.js';

/** What a shell reports for a program that Ctrl-C ended: 128 plus the signal's number. */
export const EXIT_INTERRUPTED = 130;
/** Where what was printed is lost, the training is saved all the same. */
const EXIT_FAILED = 1;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first Ctrl-C aborts the signal, as do a request to end, the end of the terminal, and output that nobody reads or that doesn't fit on a
 * disk. The next Ctrl-C ends the process as it does by default.
 */
export function onInterrupt(say: () => void): { readonly signal: AbortSignal; stop(): void; end(): void } {
  const controller = new AbortController();
  let hasLostOutput = false;
  const stop = (): void => {
    end();
    if (!controller.signal.aborted) say();
    controller.abort();
  };
  const end = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  handleOutputFailure((what, error) => {
    if (hasLostOutput) return;
    hasLostOutput = true;
    process.exitCode = EXIT_FAILED;
    if (what === 'stdout') printNote(`stdout can't be written: ${error.message}`, { text: 'E_IO', color: 'red' });
    stop();
  });
  return { signal: controller.signal, stop, end };
}
