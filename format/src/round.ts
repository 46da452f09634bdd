/** The whole number next to `x`, halves to the even one: as IEEE 754, Python and PyTorch round. `Math.round` takes halves upwards. */
export function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? 1 : 0);
}
