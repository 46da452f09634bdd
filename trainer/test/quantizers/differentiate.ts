import type { Tensor, Tensor4D, Tf } from '../../src/types.js';

type Shape4D = [number, number, number, number];

/** @returns the values of f at a tensor of `shape`, row-major. */
export async function valuesAt(
  tf: Tf,
  f: (x: Tensor4D) => Tensor,
  x: readonly number[],
  shape: Shape4D,
): Promise<number[]> {
  const y = tf.tidy(() => f(tf.tensor4d(x as number[], shape)));
  const values = Array.from(await y.data());
  y.dispose();
  return values;
}

/** @returns the gradient of sum(f(x) * probe) with respect to x. */
export async function gradientOf(
  tf: Tf,
  f: (x: Tensor4D) => Tensor,
  x: readonly number[],
  shape: Shape4D,
  probe: readonly number[],
): Promise<number[]> {
  const dx = tf.tidy(() => {
    const weights = tf.tensor4d(probe as number[], shape);
    return tf.grad((at: Tensor) => tf.sum(tf.mul(f(at as Tensor4D), weights)))(tf.tensor4d(x as number[], shape));
  });
  const values = Array.from(await dx.data());
  dx.dispose();
  return values;
}

/** The same by (f(x + h) - f(x - h)) / 2h in binary64, element by element. */
export function centralDifferences(
  f: (x: readonly number[]) => readonly number[],
  x: readonly number[],
  probe: readonly number[],
  h = 1e-5,
): number[] {
  const sum = (at: readonly number[]): number => f(at).reduce((total, y, i) => total + y * probe[i]!, 0);
  return x.map((_, i) => {
    const shifted = (by: number): number[] => x.map((value, j) => (j === i ? value + by : value));
    return (sum(shifted(h)) - sum(shifted(-h))) / (2 * h);
  });
}

/**
 * What the quantizer `per-sample` has the gradient of, in binary64: Bi-Real's polynomial of a/sqrt(var a + 1e-5), image by image.
 *
 * @param a images of `elements` numbers each.
 */
export function scaledPolynomial(a: readonly number[], elements: number): number[] {
  return Array.from({ length: a.length / elements }, (_, n) => a.slice(n * elements, (n + 1) * elements)).flatMap(
    (image) => {
      const mean = image.reduce((sum, value) => sum + value, 0) / elements;
      const variance = image.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (elements - 1);
      return image.map((value) => {
        const scaled = value / Math.sqrt(variance + 1e-5);
        return Math.abs(scaled) >= 1 ? Math.sign(scaled) : 2 * scaled - Math.sign(scaled) * scaled ** 2;
      });
    },
  );
}
