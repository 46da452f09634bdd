import { describe, expect, test } from 'vitest';
import { type SquareMatrix, singularVectors } from '../../src/methods/jacobi-svd.js';
import { seededRandom, standardNormal } from '../../src/random.js';

const random = seededRandom(7);

function randomMatrix(size: number): SquareMatrix {
  return { size, values: Float64Array.from({ length: size * size }, () => standardNormal(random)) };
}

/** X^T Y. */
function transposedProduct(x: SquareMatrix, y: SquareMatrix): SquareMatrix {
  const { size } = x;
  const values = Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += x.values[k * size + i]! * y.values[k * size + j]!;
    return sum;
  });
  return { size, values };
}

function transposed({ size, values }: SquareMatrix): SquareMatrix {
  return { size, values: values.map((_, at) => values[(at % size) * size + Math.floor(at / size)]!) };
}

/** The largest deviation of a matrix from the identity, or, of the elements off the diagonal, from 0. */
function deviation({ size, values }: SquareMatrix, diagonal?: number): number {
  const isDiagonal = (at: number): boolean => at % (size + 1) === 0;
  return values.reduce((most, x, at) => {
    const expected = isDiagonal(at) ? (diagonal ?? x) : 0;
    return Math.max(most, Math.abs(x - expected));
  }, 0);
}

/** Of rank 2: two rows repeated in turn. */
const flat: SquareMatrix = {
  size: 6,
  values: Float64Array.from({ length: 36 }, (_, at) => Math.sin(at % 6) + (Math.floor(at / 6) % 2) * (at % 6)),
};
const zero: SquareMatrix = { size: 4, values: new Float64Array(16) };
const lone: SquareMatrix = { size: 1, values: Float64Array.of(-3) };
const uneven: SquareMatrix = {
  size: 5,
  values: randomMatrix(5).values.map((x, at) => x * 10 ** -(3 * (at % 5))),
};

describe('singular vectors', () => {
  test.each([
    ['of 1 x 1', lone],
    ['of 2 x 2', randomMatrix(2)],
    ['of 24 x 24', randomMatrix(24)],
    ['with columns of very different lengths', uneven],
    ['without full rank', flat],
    ['of zeros', zero],
  ])('of a matrix %s are orthogonal and make it diagonal', (_, d) => {
    const { u, v } = singularVectors(d);
    expect(deviation(transposedProduct(u, u), 1)).toBeLessThan(1e-12);
    expect(deviation(transposedProduct(v, v), 1)).toBeLessThan(1e-12);
    // U^T D V: (D^T U)^T V.
    const diagonal = transposedProduct(transposedProduct(d, u), v);
    const size = Math.max(...d.values.map(Math.abs));
    expect(deviation(diagonal)).toBeLessThanOrEqual(1e-12 * Math.max(size, 1));
    for (let i = 0; i < d.size; i++) expect(diagonal.values[i * (d.size + 1)]!).toBeGreaterThanOrEqual(-1e-12);
  });

  test('of a matrix and of its transpose have one product U V^T, transposed', () => {
    const d = randomMatrix(9);
    const [one, other] = [singularVectors(d), singularVectors(transposed(d))];
    const [product, back] = [one, other].map(({ u, v }) => transposedProduct(transposed(u), transposed(v)));
    transposed(product!).values.forEach((x, at) => {
      expect(x).toBeCloseTo(back!.values[at]!, 10);
    });
  });
});
