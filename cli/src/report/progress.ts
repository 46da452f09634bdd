import type { OnProgress } from '@signwave/lab';

const BAR_CELLS = 24;
const REDRAW_MS = 100;

/** Shows on stderr how far something is that takes a while: a bar on a terminal until all is done, nothing elsewhere. */
export function progressBar(what: string): OnProgress {
  if (!process.stderr.isTTY || process.env.CI) return () => {};
  const startMs = performance.now();
  let drawnMs = 0;
  return (done, total) => {
    const now = performance.now();
    if (done === total) {
      if (drawnMs > 0) process.stderr.write('\r\x1b[K');
    } else if (now - drawnMs >= REDRAW_MS) {
      drawnMs = now;
      const filled = Math.round((BAR_CELLS * done) / total);
      const bar = '='.repeat(filled).padEnd(BAR_CELLS);
      const leftSeconds = done === 0 ? 0 : (((now - startMs) / done) * (total - done)) / 1000;
      process.stderr.write(`\r${what} [${bar}] ${done}/${total}, ${leftSeconds.toFixed(0)} s left `);
    }
  };
}
