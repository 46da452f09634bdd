/** The arithmetic of bench/scripts/fit-arm-costs.mjs. */

/**
 * @param {string} marks one line for each mark: the instructions up to it; a mark stands before and after each call.
 * @param {readonly { shape: string, way: string, macs: number, terms: Record<string, number>, calls: number }[]} ways the first does
 *   nothing and
 *   shows what a mark costs.
 * @returns {{ costs: Record<string, number>, ways: { shape: string, way: string, macs: number, counted: number, estimated: number }[] }}
 *   the costs
 *   that explain the counts best, with errors taken relative to each count.
 */
export function fitCosts(marks, ways) {
  const counts = marks.trim().split('\n').map(Number);
  let next = 0;
  const least = ways.map(({ calls }) => {
    const each = Array.from({ length: calls }, (_, i) => counts[next + 2 * i + 1] - counts[next + 2 * i]);
    next += 2 * calls;
    return Math.min(...each);
  });
  if (next !== counts.length) throw new Error(`${counts.length} marks, expected ${next}`);
  const counted = ways.map((way, i) => ({ ...way, counted: least[i] - least[0] })).slice(1);
  const names = [...new Set(counted.flatMap(({ terms }) => Object.keys(terms)))];
  const rows = counted.map((way) => names.map((name) => (way.terms[name] ?? 0) / way.counted));
  const solution = leastSquares(
    rows,
    counted.map(() => 1),
  );
  return {
    costs: Object.fromEntries(names.map((name, i) => [name, solution[i]])),
    ways: counted.map((way, i) => ({
      ...way,
      estimated: way.counted * rows[i].reduce((sum, value, k) => sum + value * solution[k], 0),
    })),
  };
}

/**
 * By the normal equations; columns are scaled, so that they are well conditioned.
 *
 * @param {number[][]} rows
 * @param {number[]} values
 */
function leastSquares(rows, values) {
  const size = rows[0].length;
  const scales = Array.from({ length: size }, (_, k) => Math.hypot(...rows.map((row) => row[k])));
  const matrix = Array.from({ length: size }, (_, a) => [
    ...Array.from({ length: size }, (_, b) =>
      rows.reduce((sum, row) => sum + (row[a] * row[b]) / scales[a] / scales[b], 0),
    ),
    rows.reduce((sum, row, i) => sum + (row[a] * values[i]) / scales[a], 0),
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    const best = matrix
      .slice(pivot)
      .reduce((most, row, i) => (Math.abs(row[pivot]) > Math.abs(matrix[most][pivot]) ? pivot + i : most), pivot);
    [matrix[pivot], matrix[best]] = [matrix[best], matrix[pivot]];
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = matrix[row][pivot] / matrix[pivot][pivot];
      for (let k = pivot; k <= size; k++) matrix[row][k] -= factor * matrix[pivot][k];
    }
  }
  return matrix.map((row, k) => row[size] / row[k] / scales[k]);
}
