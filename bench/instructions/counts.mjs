/** The arithmetic of bench/scripts/check-instructions.mjs. */

/**
 * @param {string} marks one line for each mark: the instructions executed up to it.
 * @param {readonly { name: string, calls: number, repeats?: number }[]} cases after its first mark, a case makes `calls` calls, a mark,
 *   twice
 *   as many calls and a mark, and all that `repeats` times (default: once).
 * @returns {Record<string, number>} instructions of one call: the least of all repeats, because disturbances only add.
 */
export function countsPerCall(marks, cases) {
  const counts = marks.trim().split('\n').map(Number);
  const expected = cases.reduce((sum, { repeats = 1 }) => sum + 2 * repeats + 1, 0);
  if (counts.length !== expected || counts.some((it) => !Number.isInteger(it)))
    throw new Error(`${counts.length} marks for ${cases.length} cases: expected ${expected} numbers`);
  let next = 0;
  return Object.fromEntries(
    cases.map(({ name, calls, repeats = 1 }) => {
      const windows = Array.from({ length: 2 * repeats }, (_, i) => counts[next + i + 1] - counts[next + i]);
      next += 2 * repeats + 1;
      /** @param {0 | 1} parity */
      const least = (parity) => Math.min(...windows.filter((_, i) => i % 2 === parity));
      return [name, Math.round((least(1) - least(0)) / calls)];
    }),
  );
}

/**
 * @param {Record<string, Record<string, number>>} counted by CPU, then by case.
 * @param {{ tolerance: number, instructionsPerCall: Record<string, Record<string, number>> }} baseline
 * @returns {{ lines: string[], failures: string[] }} a table, and what fails: counts above the tolerance, counts so far below it that the
 *   baseline would let the gain be lost again, and cases that only one of the two has.
 */
export function compareCounts(counted, { tolerance, instructionsPerCall }) {
  const lines = ['instructions per call      baseline   change'];
  const failures = [];
  for (const cpu of new Set([...Object.keys(counted), ...Object.keys(instructionsPerCall)])) {
    const now = counted[cpu] ?? {};
    const before = instructionsPerCall[cpu] ?? {};
    for (const name of new Set([...Object.keys(now), ...Object.keys(before)])) {
      const title = `${cpu}, ${name}`;
      if (!(name in now)) failures.push(`${title}: is in the baseline, but was not counted`);
      else if (!(name in before)) failures.push(`${title}: ${now[name]} instructions, but is not in the baseline`);
      else {
        const change = now[name] / before[name] - 1;
        const text = `${change < 0 ? '' : '+'}${(100 * change).toFixed(2)} %`;
        lines.push(
          `${String(now[name]).padStart(12)} ${String(before[name]).padStart(22)} ${text.padStart(9)}  ${title}`,
        );
        // Written this way round so that NaN fails, too.
        if (!(Math.abs(now[name] - before[name]) <= tolerance * before[name]))
          failures.push(`${title}: ${now[name]} instructions a call, the baseline has ${before[name]}: ${text}`);
      }
    }
  }
  return { lines, failures };
}

/**
 * @param {Record<string, Record<string, number>>} counted by CPU, then by case.
 * @param {Record<string, Record<string, number>>} again the same cases, counted once more.
 * @param {{ instructionsPerCall: Record<string, Record<string, number>> }} baseline
 * @returns {Record<string, Record<string, number>>} of each case the count that is nearer to the baseline's.
 */
export function nearerCounts(counted, again, { instructionsPerCall }) {
  return Object.fromEntries(
    Object.entries(counted).map(([cpu, counts]) => {
      const nearer = Object.entries(counts).map(([name, count]) => {
        const before = instructionsPerCall[cpu]?.[name] ?? 0;
        const other = again[cpu]?.[name] ?? count;
        return [name, Math.abs(other - before) < Math.abs(count - before) ? other : count];
      });
      return [cpu, Object.fromEntries(nearer)];
    }),
  );
}
