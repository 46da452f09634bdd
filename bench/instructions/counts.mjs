/** Arithmetic of bench/scripts/check-instructions.mjs. */

/**
 * @param {string} marks  lines: instructions that were executed up to each mark.
 * @param {readonly { name: string, calls: number, repeats?: number }[]} cases  after its first mark a case has, `repeats` times (once, if it
 *   isn't said), `calls` calls, a mark, twice as many calls and a mark.
 * @returns {Record<string, number>} instructions of one call, from the least of all repeats: what disturbs only adds.
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
 * @param {Record<string, Record<string, number>>} counted  by CPU, then by case.
 * @param {{ tolerance: number, instructionsPerCall: Record<string, Record<string, number>> }} baseline
 * @returns {{ lines: string[], failures: string[] }} a table, and what is outside of the tolerance: more, or so much less that the baseline
 *   would let it be lost again; and cases that only one of both has.
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
        // Written so that NaN fails.
        if (!(Math.abs(now[name] - before[name]) <= tolerance * before[name]))
          failures.push(`${title}: ${now[name]} instructions a call, the baseline has ${before[name]}: ${text}`);
      }
    }
  }
  return { lines, failures };
}
