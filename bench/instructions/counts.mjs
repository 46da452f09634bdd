/** Arithmetic of bench/scripts/check-instructions.mjs. */

const MARKS_PER_CASE = 3;

/**
 * @param {string} marks  lines: instructions that were executed up to each mark, three marks for each case.
 * @param {readonly { name: string, calls: number }[]} cases  `calls` lie between the first two marks, twice as many before the third.
 * @returns {Record<string, number>} instructions of one call.
 */
export function countsPerCall(marks, cases) {
  const counts = marks.trim().split('\n').map(Number);
  if (counts.length !== MARKS_PER_CASE * cases.length || counts.some((it) => !Number.isInteger(it)))
    throw new Error(
      `${counts.length} marks for ${cases.length} cases: expected ${MARKS_PER_CASE * cases.length} numbers`,
    );
  return Object.fromEntries(
    cases.map(({ name, calls }, i) => {
      const [first, second, third] = counts.slice(MARKS_PER_CASE * i);
      return [name, Math.round((third - second - (second - first)) / calls)];
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
