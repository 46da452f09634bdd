import { offTape } from '../layers/off-tape.js';
import { sign } from '../quantizers/sign.js';
import { standardNormal } from '../random.js';
import type { RandomState, Tensor, Tensor2D, Tf } from '../types.js';
import { type SquareMatrix, singularVectors } from './jacobi-svd.js';

// RBNN's rotations of filters. A filter of N weights is a matrix X_o of a rows and b columns, N = a b; R1 (a, a) and R2 (b, b) are
// orthogonal, and the filter rotated is R1^T X_o R2.

/** How often each rotation is fitted to the signs, and these to it, in one update. */
const ROUNDS = 3;

/** Sides (a, b) of the matrix that N weights are laid out in: the largest divisor up to the square root, and the other factor. */
export function rotationSides(taps: number): readonly [rows: number, columns: number] {
  let rows = Math.floor(Math.sqrt(taps));
  while (taps % rows !== 0) rows--;
  return [rows, taps / rows];
}

/** A random orthogonal matrix, all of them equally likely: the columns of a matrix of normal numbers, orthogonalised in turn. */
export function randomRotation(size: number, random: RandomState): Float32Array {
  const columns: Float64Array[] = [];
  while (columns.length < size) {
    const column = Float64Array.from({ length: size }, () => standardNormal(random));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of columns) {
        const along = other.reduce((sum, x, k) => sum + x * column[k]!, 0);
        for (let k = 0; k < size; k++) column[k]! -= along * other[k]!;
      }
    }
    const length = Math.hypot(...column);
    columns.push(column.map((x) => x / length));
  }
  return Float32Array.from({ length: size * size }, (_, at) => columns[at % size]![Math.floor(at / size)]!);
}

/** R1^T X_o R2 for each of the O filters, without a gradient. @param filters any shape of O N elements. @returns the same shape. */
export function rotated(tf: Tf, filters: Tensor, r1: Tensor, r2: Tensor): Tensor {
  const [rows, columns] = [r1.shape[0]!, r2.shape[0]!];
  return offTape(tf, () => {
    const right = tf.matMul(tf.reshape(filters, [-1, columns]) as Tensor2D, r2 as Tensor2D);
    // (O, a, b) to (O, b, a): then R1^T comes from the right, as R1.
    const turned = tf.transpose(tf.reshape(right, [-1, rows, columns]), [0, 2, 1]);
    const both = tf.matMul(tf.reshape(turned, [-1, rows]) as Tensor2D, r1 as Tensor2D);
    return tf.reshape(tf.transpose(tf.reshape(both, [-1, columns, rows]), [0, 2, 1]), filters.shape);
  });
}

/**
 * Fits the rotations to the signs of what they give, so that filters have less of an angle to their signs. Each round is, with singular
 * vectors U and V of D = U S V^T,
 *
 *   B_o = sign(R1^T X_o R2)
 *   D1 = sum over o of B_o R2^T X_o^T,   R1 = V U^T
 *   D2 = sum over o of X_o^T R1 B_o,     R2 = U V^T
 *
 * The large products are made by the back end; only D1 and D2 are read.
 *
 * @param filters (O, a, b). It stays the caller's, and so do R1 and R2.
 * @returns new R1 and R2.
 */
export async function fittedRotations(
  tf: Tf,
  filters: Tensor,
  start: { readonly r1: Tensor; readonly r2: Tensor },
): Promise<{ r1: Tensor; r2: Tensor }> {
  const [count, rows, columns] = filters.shape as [number, number, number];
  /** Rows of all filters side by side, (a, O b). */
  const flat = tf.tidy(() => sideBySide(tf, filters));
  let [r1, r2] = [tf.clone(start.r1), tf.clone(start.r2)] as [Tensor2D, Tensor2D];
  for (let round = 0; round < ROUNDS; round++) {
    const [signs, d1] = tf.tidy(() => {
      const right = tf.reshape(tf.matMul(tf.reshape(filters, [-1, columns]) as Tensor2D, r2), filters.shape);
      const turned = sideBySide(tf, right);
      const b = sign(tf, tf.matMul(r1, turned, true));
      return [b, tf.matMul(b, turned, false, true)];
    }) as [Tensor2D, Tensor2D];
    r1 = await replaced(tf, r1, d1, ({ u, v }) => [v, u]);
    const d2 = tf.tidy(() => {
      const left = tf.reshape(tf.matMul(r1, flat, true), [rows * count, columns]) as Tensor2D;
      return tf.matMul(left, tf.reshape(signs, [rows * count, columns]) as Tensor2D, true) as Tensor2D;
    });
    signs.dispose();
    r2 = await replaced(tf, r2, d2, ({ u, v }) => [u, v]);
  }
  flat.dispose();
  return { r1, r2 };
}

/** (O, a, b) to (a, O b). */
function sideBySide(tf: Tf, filters: Tensor): Tensor2D {
  const [count, rows, columns] = filters.shape as [number, number, number];
  return tf.reshape(tf.transpose(filters, [1, 0, 2]), [rows, count * columns]);
}

type Vectors = ReturnType<typeof singularVectors>;

/** Disposes of a rotation and of D. @param pick two matrices of singular vectors. @returns the first by the second's transpose. */
async function replaced(
  tf: Tf,
  old: Tensor2D,
  d: Tensor2D,
  pick: (vectors: Vectors) => [SquareMatrix, SquareMatrix],
): Promise<Tensor2D> {
  const [size] = d.shape;
  const [x, y] = pick(singularVectors({ size, values: Float64Array.from(await d.data()) }));
  tf.dispose([old, d]);
  const product = Float32Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += x.values[i * size + k]! * y.values[j * size + k]!;
    return sum;
  });
  return tf.tensor2d(product, [size, size]);
}
