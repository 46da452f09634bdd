import { add, atLeast, div, laneBytes, loadLanes, splat, storeLanes } from './lanes';
import { checkWindows, isAt } from './preconditions';
import { Pool } from './records';

/**
 * SPEC 4.10: the largest element of each window, pads left out. Lanes are channels. Requires what {@link checkPool} says.
 *
 * @section pixels
 * @takes f32 -> f32
 * @tile 4 channels of a pixel
 * @chosen `maxPool`
 * @room pool-pixels.ts
 */
@inline
export function maxPoolOf<T>(p: Pool): void {
  pool<T>(p, true);
}

/**
 * SPEC 4.11 and 4.12: elements summed in row-major order, then divided. Lanes are channels.
 *
 * Requires what {@link checkPool} says, and means that count at least one position each.
 *
 * @section pixels
 * @takes f32 -> f32
 * @tile 4 channels of a pixel
 * @chosen `avgPool`, and `globalAvgPool` as one window
 * @room pool-pixels.ts
 */
@inline
export function avgPoolOf<T>(p: Pool): void {
  pool<T>(p, false);
}

@inline
function pool<T>(p: Pool, takeMax: bool): void {
  checkPool(p);
  const rowBytes = <usize>p.width * p.pixelBytes;
  let output = p.output;
  for (let row = 0; row < p.rows; row++) {
    const firstY = row * p.strideHeight - p.padTop;
    const y0 = max(firstY, 0);
    const y1 = min(firstY + p.windowHeight, p.height);
    const countedRows = min(firstY + p.windowHeight, p.countBottom) - max(firstY, p.countTop);
    for (let column = 0; column < p.columns; column++) {
      const firstX = column * p.strideWidth - p.padLeft;
      const x0 = max(firstX, 0);
      const x1 = min(firstX + p.windowWidth, p.width);
      const countedColumns = min(firstX + p.windowWidth, p.countRight) - max(firstX, p.countLeft);
      if (!ASC_NO_ASSERT) assert(takeMax || countedRows >= 1 && countedColumns >= 1, 'a mean counts a position');
      const count = splat<T>(<f32>(countedRows * countedColumns));
      for (let channel: usize = 0; channel < p.pixelBytes; channel += laneBytes<T>()) {
        let result = splat<T>(takeMax ? -Infinity : 0);
        for (let y = y0; y < y1; y++) {
          let x = p.input + <usize>y * rowBytes + <usize>x0 * p.pixelBytes + channel;
          for (let n = x1 - x0; n > 0; n--) {
            const element = loadLanes<T>(x);
            result = takeMax ? atLeast<T>(result, element) : add<T>(result, element);
            x += p.pixelBytes;
          }
        }
        storeLanes<T>(output + channel, takeMax ? add<T>(result, splat<T>(0)) : div<T>(result, count));
      }
      output += p.pixelBytes;
    }
  }
}

/** What pools of pixels require: f32 pixels of whole blocks of 8 channels, and in every window a row and a column of the map. */
function checkPool(p: Pool): void {
  if (ASC_NO_ASSERT) return;
  assert(isAt(p.input, 4) && isAt(p.output, 4), 'maps are f32');
  assert(p.pixelBytes >= 32 && p.pixelBytes % 32 == 0, 'a pixel is whole blocks of 8 channels');
  checkWindows(p.height, p.rows, p.windowHeight, p.strideHeight, p.padTop);
  checkWindows(p.width, p.columns, p.windowWidth, p.strideWidth, p.padLeft);
}
