import { PlanePool, Relayout } from './records';

// plane-pools.ts — pools of planes. Lanes are output columns; windows that reach over the left or right edge of the map
// go one by one.

function pool(p: PlanePool, takeMax: bool): void {
  for (let channel = 0; channel < p.channels; channel++) {
    const input = p.input + <usize>channel * p.inputPlaneBytes;
    const output = p.output + <usize>channel * p.outputPlaneBytes;
    for (let row = 0; row < p.rows; row++) poolRow(p, input, output + <usize>row * p.outputRowBytes, row, takeMax);
  }
}

/** One row of one plane. */
export function poolRow(p: PlanePool, input: usize, to: usize, row: i32, takeMax: bool): void {
  // Columns whose windows lie inside the map.
  const firstInside = (p.padLeft + p.strideWidth - 1) / p.strideWidth;
  const endInside = max(firstInside, min(p.columns, (p.width - p.windowWidth + p.padLeft) / p.strideWidth + 1));
  const canVector = p.strideWidth <= 2 && endInside - firstInside >= 4 && p.width >= p.windowWidth;
  const firstY = row * p.strideHeight - p.padTop;
  const y0 = max(firstY, 0);
  const y1 = min(firstY + p.windowHeight, p.height);
  const countedRows = min(firstY + p.windowHeight, p.countBottom) - max(firstY, p.countTop);
  let from = input + <usize>y0 * p.inputRowBytes;
  let rows = y1 - y0;
  if (takeMax && rows > 1) {
    // The largest of each column first: windows overlap, so that is less to compare, and its vectors need no shuffle.
    largestOfColumns(p, from, rows);
    from = p.row;
    rows = 1;
  }
  let column = 0;
  while (column < p.columns) {
    if (canVector && column >= firstInside && column < endInside) {
      // The last vector of the inside overlaps the one before.
      column = min(column, endInside - 4);
      const first = from + (<usize>(column * p.strideWidth - p.padLeft) << 2);
      const result = takeMax
        ? windowMax4(p, first, rows)
        : f32x4.div(windowSum4(p, first, rows), f32x4.splat(<f32>(countedRows * p.windowWidth)));
      v128.store(to + (<usize>column << 2), result);
      column += 4;
    } else {
      const firstX = column * p.strideWidth - p.padLeft;
      const x0 = max(firstX, 0);
      const x1 = min(firstX + p.windowWidth, p.width);
      const countedColumns = min(firstX + p.windowWidth, p.countRight) - max(firstX, p.countLeft);
      let result: f32 = takeMax ? -Infinity : 0;
      for (let y = 0; y < rows; y++) {
        const line = from + <usize>y * p.inputRowBytes;
        for (let x = x0; x < x1; x++) {
          const element = load<f32>(line + (<usize>x << 2));
          result = takeMax ? max<f32>(result, element) : result + element;
        }
      }
      store<f32>(to + (<usize>column << 2), takeMax ? result : result / <f32>(countedRows * countedColumns));
      column++;
    }
  }
}

/** The elements of one tap of four neighbouring windows. */
@inline
function loadStrided(address: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(address);
  return v128.shuffle<f32>(v128.load(address), v128.load(address, 16), 0, 2, 4, 6);
}

/**
 * SPEC 4.10, +0 above -0, in integers: f32x4.max takes eight instructions on x86. As bits, floats from +0 up are ordered like signed
 * integers and above all others; those from -0 down are ordered like unsigned integers, backwards.
 */
@inline
function windowMax4(p: PlanePool, first: usize, rows: i32): v128 {
  let largest = i32x4.splat(i32.MIN_VALUE), nearest = i32x4.splat(-1);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < p.windowWidth; x++) {
      const element = loadStrided(first + (<usize>x << 2), p.strideWidth);
      largest = i32x4.max_s(largest, element);
      nearest = i32x4.min_u(nearest, element);
    }
    first += p.inputRowBytes;
  }
  // The largest is negative where all are: then it is the one nearest to 0.
  return v128.bitselect(nearest, largest, i32x4.shr_s(largest, 31));
}

/** Fill `p.row` with the largest element of each column of `rows` rows. */
@inline
function largestOfColumns(p: PlanePool, from: usize, rows: i32): void {
  const end = p.row + (<usize>p.width << 2);
  for (let to = p.row; to < end; to += 16) {
    let largest = i32x4.splat(i32.MIN_VALUE), nearest = i32x4.splat(-1);
    let element = from;
    for (let y = 0; y < rows; y++) {
      const x = v128.load(element);
      largest = i32x4.max_s(largest, x);
      nearest = i32x4.min_u(nearest, x);
      element += p.inputRowBytes;
    }
    v128.store(to, v128.bitselect(nearest, largest, i32x4.shr_s(largest, 31)));
    from += 16;
  }
}

/** SPEC 4.11: from +0, in row-major order. */
@inline
function windowSum4(p: PlanePool, first: usize, rows: i32): v128 {
  let result = f32x4.splat(0);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < p.windowWidth; x++) result = f32x4.add(result, loadStrided(first + (<usize>x << 2), p.strideWidth));
    first += p.inputRowBytes;
  }
  return result;
}

/** SPEC 4.10. */
export function maxPoolPlanes(p: PlanePool): void {
  pool(p, true);
}

/** SPEC 4.11. */
export function avgPoolPlanes(p: PlanePool): void {
  pool(p, false);
}

/**
 * SPEC 4.12: planes to one pixel. Each sum goes through its plane in order, so an addition waits for the one before; four planes
 * side by side fill the time.
 */
export function globalAvgPlanes(r: Relayout): void {
  const count = <f32>(r.rows * r.columns);
  for (let channel = 0; channel < r.channels; channel += 4) {
    let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
    // Planes that are missing after the last are the first one again.
    const p1 = channel + 1 < r.channels ? r.planeBytes : 0;
    const p2 = channel + 2 < r.channels ? r.planeBytes * 2 : 0;
    const p3 = channel + 3 < r.channels ? r.planeBytes * 3 : 0;
    for (let row = 0; row < r.rows; row++) {
      let at = r.planes + <usize>channel * r.planeBytes + <usize>row * r.planeRowBytes;
      for (let column = 0; column < r.columns; column++) {
        s0 += load<f32>(at);
        s1 += load<f32>(at + p1);
        s2 += load<f32>(at + p2);
        s3 += load<f32>(at + p3);
        at += 4;
      }
    }
    const to = r.pixels + (<usize>channel << 2);
    store<f32>(to, s0 / count);
    if (p1) store<f32>(to + 4, s1 / count);
    if (p2) store<f32>(to + 8, s2 / count);
    if (p3) store<f32>(to + 12, s3 / count);
  }
}
