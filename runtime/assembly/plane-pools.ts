import { atLeast } from './lanes';
import { checkWindows, isAt } from './preconditions';
import { PlanePool, Relayout } from './records';

// plane-pools.ts — pools of planes. Lanes are output columns; windows that reach over the left or right edge of the map
// go one by one.

function pool(p: PlanePool, takeMax: bool): void {
  checkPlanePool(p);
  for (let channel = 0; channel < p.channels; channel++) {
    const input = p.input + <usize>channel * p.inputPlaneBytes;
    const output = p.output + <usize>channel * p.outputPlaneBytes;
    for (let row = 0; row < p.rows; row++) poolRow(p, input, output + <usize>row * p.outputRowBytes, row, takeMax);
  }
}

/** One row of one plane. Requires a row of the output, and what {@link checkPlanePool} says. */
export function poolRow(p: PlanePool, input: usize, to: usize, row: i32, takeMax: bool): void {
  if (!ASC_NO_ASSERT) {
    assert(row >= 0 && row < p.rows, 'the row is one of the output');
    assert(isAt(input, 4) && isAt(to, 4), 'planes are f32');
  }
  // Columns whose windows lie inside the map.
  const firstInside = (p.padLeft + p.strideWidth - 1) / p.strideWidth;
  const endInside = max(firstInside, min(p.columns, (p.width - p.windowWidth + p.padLeft) / p.strideWidth + 1));
  const canVector = p.strideWidth <= 2 && endInside - firstInside >= 4 && p.width >= p.windowWidth;
  const firstY = row * p.strideHeight - p.padTop;
  const y0 = max(firstY, 0);
  const y1 = min(firstY + p.windowHeight, p.height);
  const countedRows = min(firstY + p.windowHeight, p.countBottom) - max(firstY, p.countTop);
  if (!ASC_NO_ASSERT) assert(takeMax || countedRows >= 1, 'a mean counts a row');
  const from = input + <usize>y0 * p.inputRowBytes;
  const rows = y1 - y0;
  let column = 0;
  while (column < p.columns) {
    if (canVector && column >= firstInside && column < endInside) {
      const first = from + (<usize>(firstInside * p.strideWidth - p.padLeft) << 2);
      const inside = to + (<usize>firstInside << 2), count = endInside - firstInside;
      if (!takeMax) meansInside(p, first, rows, <f32>(countedRows * p.windowWidth), inside, count);
      else if (p.strideWidth == 2 && p.windowWidth >= 2 && p.windowWidth <= 3 && rows <= 3) largestOfPairs(p, first, rows, inside, count);
      else largestInside(p, first, rows, inside, count);
      column = endInside;
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
          result = takeMax ? (result < element ? element : result) : result + element;
        }
      }
      store<f32>(to + (<usize>column << 2), takeMax ? result + 0 : result / <f32>(countedRows * countedColumns));
      column++;
    }
  }
}

@inline
function largestOfColumns(a: usize, b: usize, c: usize): v128 {
  return atLeast<v128>(atLeast<v128>(atLeast<v128>(f32x4.splat(-Infinity), v128.load(a)), v128.load(b)), v128.load(c));
}

/**
 * The largest elements of four windows of 2 or 3 columns and stride 2, from the largest of each column: `low` has columns 0 to 3,
 * `high` 4 to 7, `next` 8 to 11.
 */
@inline
function largestOfFour(low: v128, high: v128, next: v128, hasThree: bool): v128 {
  const even = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
  let y = atLeast<v128>(even, v128.shuffle<f32>(low, high, 1, 3, 5, 7));
  if (hasThree) y = atLeast<v128>(y, v128.shuffle<f32>(even, next, 1, 2, 3, 4));
  return f32x4.add(y, f32x4.splat(0));
}

/**
 * The largest elements of `count` windows of up to 3 rows, 2 or 3 columns and stride 2: first of each column, then of neighbouring
 * columns. `count` is 4 or more.
 */
@inline
function largestOfPairs(p: PlanePool, a: usize, rows: i32, to: usize, count: i32): void {
  if (!ASC_NO_ASSERT) {
    assert(rows >= 1 && rows <= 3 && (p.windowWidth == 2 || p.windowWidth == 3), 'a window is 1 to 3 rows of 2 or 3 columns');
    assert(p.strideWidth == 2 && count >= 4, 'there are 4 windows, 2 columns apart');
  }
  const hasThree = p.windowWidth == 3;
  let b = a + (rows > 1 ? p.inputRowBytes : 0);
  let c = a + <usize>(rows - 1) * p.inputRowBytes;
  let low = largestOfColumns(a, b, c);
  for (; count >= 4; count -= 4) {
    const high = largestOfColumns(a + 16, b + 16, c + 16), next = largestOfColumns(a + 32, b + 32, c + 32);
    v128.store(to, largestOfFour(low, high, next, hasThree));
    low = next;
    a += 32; b += 32; c += 32;
    to += 16;
  }
  if (count == 0) return;
  // The last vector overlaps the one before.
  const back = <usize>(4 - count) << 3;
  a -= back; b -= back; c -= back;
  low = largestOfColumns(a, b, c);
  const high = largestOfColumns(a + 16, b + 16, c + 16), next = largestOfColumns(a + 32, b + 32, c + 32);
  v128.store(to - (back >> 1), largestOfFour(low, high, next, hasThree));
}

/** The largest elements of `count` windows of any size, 4 windows at a time. `count` is 4 or more. */
@inline
function largestInside(p: PlanePool, first: usize, rows: i32, to: usize, count: i32): void {
  if (!ASC_NO_ASSERT) assert(rows >= 1 && count >= 4, 'there are 4 windows with a row');
  for (let n = 0; n < count; n += 4) {
    const at = min(n, count - 4);
    let y = f32x4.splat(-Infinity);
    let line = first + (<usize>(at * p.strideWidth) << 2);
    for (let row = 0; row < rows; row++) {
      for (let x = 0; x < p.windowWidth; x++) y = atLeast<v128>(y, loadStrided(line + (<usize>x << 2), p.strideWidth));
      line += p.inputRowBytes;
    }
    v128.store(to + (<usize>at << 2), f32x4.add(y, f32x4.splat(0)));
  }
}

/** SPEC 4.11 for `count` windows, 4 at a time: sums begin at +0 and run in row-major order. `count` is 4 or more. */
@inline
function meansInside(p: PlanePool, first: usize, rows: i32, elements: f32, to: usize, count: i32): void {
  if (!ASC_NO_ASSERT) assert(rows >= 1 && count >= 4, 'there are 4 windows with a row');
  for (let n = 0; n < count; n += 4) {
    const at = min(n, count - 4);
    let sum = f32x4.splat(0);
    let line = first + (<usize>(at * p.strideWidth) << 2);
    for (let row = 0; row < rows; row++) {
      for (let x = 0; x < p.windowWidth; x++) sum = f32x4.add(sum, loadStrided(line + (<usize>x << 2), p.strideWidth));
      line += p.inputRowBytes;
    }
    v128.store(to + (<usize>at << 2), f32x4.div(sum, f32x4.splat(elements)));
  }
}

/** The elements of one tap of four neighbouring windows. */
@inline
function loadStrided(address: usize, stride: i32): v128 {
  if (!ASC_NO_ASSERT) assert(stride == 1 || stride == 2, 'windows lie 1 or 2 columns apart');
  if (stride == 1) return v128.load(address);
  return v128.shuffle<f32>(v128.load(address), v128.load(address, 16), 0, 2, 4, 6);
}

/**
 * SPEC 4.10. Requires what {@link checkPlanePool} says.
 *
 * @section planes
 * @takes f32 -> f32
 * @tile 1 channel x 4 columns; beside the edges, or from a stride of 3 on, 1
 * @chosen `maxPool` with more than one pixel of output
 * @room pool-planes.ts
 */
export function maxPoolPlanes(p: PlanePool): void {
  pool(p, true);
}

/**
 * SPEC 4.11. Requires what {@link checkPlanePool} says, and means that count at least one position each.
 *
 * @section planes
 * @takes f32 -> f32
 * @tile as `maxPoolPlanes`
 * @chosen `avgPool` with more than one pixel of output
 * @room pool-planes.ts
 */
export function avgPoolPlanes(p: PlanePool): void {
  pool(p, false);
}

/**
 * SPEC 4.12: planes to one pixel. Each sum goes through its plane in order, so an addition waits for the one before; four planes
 * side by side fill the time.
 *
 * Requires at least one channel and one pixel, and f32 planes.
 *
 * @section planes
 * @takes f32 planes -> f32 pixel
 * @tile 4 channels x 1 lane
 * @chosen `globalAvgPool`, and an `avgPool` whose window is the whole map
 * @room global-avg-planes.ts
 */
export function globalAvgPlanes(r: Relayout): void {
  if (!ASC_NO_ASSERT) {
    assert(r.rows >= 1 && r.columns >= 1 && r.channels >= 1, 'there is an element');
    assert(isAt(r.planes, 4) && isAt(r.pixels, 4), 'planes and the pixel are f32');
    assert(r.planeBytes % 4 == 0 && r.planeRowBytes % 4 == 0, 'rows lie whole floats apart');
    assert(r.planeBytes != 0, 'planes lie apart');
  }
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

/** What pools of planes require: at least one channel, f32 planes, and in every window a row and a column of the map. */
function checkPlanePool(p: PlanePool): void {
  if (ASC_NO_ASSERT) return;
  assert(p.channels >= 1, 'there is a channel');
  assert(isAt(p.input, 4) && isAt(p.output, 4), 'planes are f32');
  assert(p.inputPlaneBytes % 4 == 0 && p.inputRowBytes % 4 == 0, 'rows of the input lie whole floats apart');
  assert(p.outputPlaneBytes % 4 == 0 && p.outputRowBytes % 4 == 0, 'rows of the output lie whole floats apart');
  checkWindows(p.height, p.rows, p.windowHeight, p.strideHeight, p.padTop);
  checkWindows(p.width, p.columns, p.windowWidth, p.strideWidth, p.padLeft);
}
