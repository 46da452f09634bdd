/** A square matrix, row by row. */
export interface SquareMatrix {
  readonly size: number;
  readonly values: Float64Array<ArrayBuffer>;
}

/** D = U diag(s) V^T with orthogonal U and V. The singular values have no order. */
export interface SingularVectors {
  readonly u: SquareMatrix;
  readonly v: SquareMatrix;
}

/** Cosine of the angle at which two columns count as orthogonal. */
const TOLERANCE = 1e-14;
/** Far more than are needed: convergence is quadratic, and matrices of 72 x 72 take about ten. */
const MOST_SWEEPS = 60;
/** A column this much shorter than the longest is 0: its direction is rounding alone. */
const NEGLIGIBLE = 1e-12;

/**
 * Singular value decomposition by one-sided Jacobi rotations (Hestenes): columns of D are rotated in pairs until all are orthogonal, D V = U
 * diag(s). Matrices without full rank are allowed; the columns of U that D doesn't determine complete its orthogonal basis.
 */
export function singularVectors({ size, values }: SquareMatrix): SingularVectors {
  const columns = columnsOf(size, values);
  const v = columnsOf(size, identity(size));
  for (let sweep = 0, isDone = false; !isDone && sweep < MOST_SWEEPS; sweep++) {
    isDone = true;
    for (let i = 0; i < size - 1; i++) {
      for (let j = i + 1; j < size; j++) {
        if (!orthogonalise(columns[i]!, columns[j]!, v[i]!, v[j]!)) isDone = false;
      }
    }
  }
  return { u: matrixOf(normalised(columns)), v: matrixOf(v) };
}

/** Rotates columns a and b, and with them those of V, so that a and b are orthogonal. @returns whether they were already. */
function orthogonalise(a: Float64Array, b: Float64Array, ofA: Float64Array, ofB: Float64Array): boolean {
  const [alpha, beta, gamma] = [dot(a, a), dot(b, b), dot(a, b)];
  if (Math.abs(gamma) <= TOLERANCE * Math.sqrt(alpha * beta)) return true;
  const zeta = (beta - alpha) / (2 * gamma);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const cosine = 1 / Math.hypot(1, tangent);
  rotate(a, b, cosine, cosine * tangent);
  rotate(ofA, ofB, cosine, cosine * tangent);
  return false;
}

function rotate(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[k]!, b[k]!];
    a[k] = cosine * x - sine * y;
    b[k] = sine * x + cosine * y;
  }
}

/** Divides columns by their lengths, and replaces those of length 0 so that all are an orthogonal basis. */
function normalised(columns: readonly Float64Array<ArrayBuffer>[]): Float64Array<ArrayBuffer>[] {
  const lengths = columns.map((column) => Math.sqrt(dot(column, column)));
  const least = NEGLIGIBLE * Math.max(...lengths);
  const isZero = (j: number): boolean => !(lengths[j]! > least);
  const basis = columns.map((column, j) => (isZero(j) ? undefined : column.map((x) => x / lengths[j]!)));
  let axis = 0;
  columns.forEach((_, j) => {
    while (basis[j] === undefined) basis[j] = remainder(axis++, columns.length, basis);
  });
  return basis as Float64Array<ArrayBuffer>[];
}

/** A unit vector's part that is orthogonal to a basis, of length 1; undefined if hardly any is. */
function remainder(
  axis: number,
  size: number,
  basis: readonly (Float64Array | undefined)[],
): Float64Array<ArrayBuffer> | undefined {
  const rest = new Float64Array(size);
  rest[axis] = 1;
  // The second pass removes what rounding left in the first.
  for (let pass = 0; pass < 2; pass++) {
    for (const vector of basis) if (vector) subtract(rest, vector, dot(rest, vector));
  }
  const length = Math.sqrt(dot(rest, rest));
  return length > 1 / (2 * Math.sqrt(size)) ? rest.map((x) => x / length) : undefined;
}

function subtract(from: Float64Array, vector: Float64Array, times: number): void {
  for (let k = 0; k < from.length; k++) from[k]! -= times * vector[k]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

function identity(size: number): Float64Array<ArrayBuffer> {
  const values = new Float64Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return values;
}

function columnsOf(size: number, values: Float64Array): Float64Array<ArrayBuffer>[] {
  return Array.from({ length: size }, (_, j) => Float64Array.from({ length: size }, (_, i) => values[i * size + j]!));
}

function matrixOf(columns: readonly Float64Array[]): SquareMatrix {
  const size = columns.length;
  return {
    size,
    values: Float64Array.from({ length: size * size }, (_, at) => columns[at % size]![Math.floor(at / size)]!),
  };
}
