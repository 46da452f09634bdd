/** Rounds to the nearest whole number, halves to even, as IEEE 754, Python and PyTorch do. `Math.round` rounds halves up. */
export function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? 1 : 0);
}
