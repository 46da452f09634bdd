import type { InputRecipe } from '@signwave/format';
import { isObject } from './is-object.js';

/** Throws an error that says what is wrong with a recipe; the caller knows whose recipe it is. */
type Fail = (what: string) => never;
type Resize = NonNullable<InputRecipe['resize']>;

const FIELDS = ['resize', 'channelOrder', 'divisor', 'mean', 'std'];
const RESIZE_FIELDS = ['mode', 'sizePixels', 'interpolation'];
const CHANNELS = { rgb: 3, bgr: 3, gray: 1 } as const;
const MODES = ['shorterSide', 'stretch', 'centreSquare'];
const INTERPOLATIONS = ['bilinear', 'bicubic'];
/** The largest byte of an image. */
const MAX_BYTE = 255;
/** A model file stores it in 16 bits. */
const MAX_SIZE_PIXELS = 2 ** 16 - 1;

/**
 * Check an input recipe that came from JSON or a program, and complete it: `divisor` defaults to 255, `interpolation` to bilinear, and
 * `channelOrder` follows from the number of means.
 */
export function parseRecipe(value: unknown, fail: Fail): InputRecipe {
  if (!isObject(value)) return fail(`is ${shown(value)}, expected a recipe: an object with mean and std`);
  checkFields(value, FIELDS, 'a recipe', fail);
  const { resize, divisor = MAX_BYTE, mean, std } = value;
  const means = numbers(mean, 'mean', fail);
  const deviations = numbers(std, 'std', fail);
  if (means.length !== deviations.length) {
    fail(`has ${means.length} means and ${deviations.length} deviations, expected one of each per channel`);
  }
  const { channelOrder = means.length === 1 ? 'gray' : 'rgb' } = value;
  if (!isOneOf(channelOrder, Object.keys(CHANNELS))) {
    return fail(`has channelOrder ${shown(channelOrder)}, expected one of ${Object.keys(CHANNELS).join(', ')}`);
  }
  const channels = CHANNELS[channelOrder as InputRecipe['channelOrder']];
  if (means.length !== channels) fail(`has ${means.length} means for ${channelOrder} images of ${channels} channels`);
  if (!isPositive(divisor)) return fail(`has divisor ${shown(divisor)}, expected a number above 0`);
  const bad = deviations.find((deviation) => !isPositive(deviation));
  if (bad !== undefined) fail(`has a deviation of ${bad} in std, expected numbers above 0`);
  const largest = means.find((m) => m > MAX_BYTE / divisor);
  if (largest !== undefined) {
    fail(
      `has a mean of ${largest}, though a byte divided by ${divisor} is ${MAX_BYTE / divisor} at most; means of bytes go with "divisor": 1`,
    );
  }
  const overflowing = means.findIndex((m, i) => !staysFinite(m, deviations[i]!, divisor));
  if (overflowing >= 0) {
    fail(`divides by ${divisor} and ${deviations[overflowing]}, which makes bytes larger than a float32 can be`);
  }
  return {
    ...(resize !== undefined && { resize: parseResize(resize, fail) }),
    channelOrder: channelOrder as InputRecipe['channelOrder'],
    divisor,
    mean: means,
    std: deviations,
  };
}

function parseResize(value: unknown, fail: Fail): Resize {
  if (!isObject(value)) return fail(`has resize ${shown(value)}, expected an object; leave it out for none`);
  checkFields(value, RESIZE_FIELDS, 'a resize', fail);
  const { mode, interpolation = mode === 'centreSquare' ? 'bicubic' : 'bilinear' } = value;
  if (!isOneOf(mode, MODES)) return fail(`has resize.mode ${shown(mode)}, expected one of ${MODES.join(', ')}`);
  if (!isOneOf(interpolation, INTERPOLATIONS)) {
    return fail(`has resize.interpolation ${shown(interpolation)}, expected one of ${INTERPOLATIONS.join(', ')}`);
  }
  if (mode === 'centreSquare' && interpolation !== 'bicubic') {
    return fail(`has resize.interpolation ${shown(interpolation)}, but a centreSquare is bicubic`);
  }
  const hasSize = mode === 'shorterSide';
  const { sizePixels = hasSize ? undefined : 0 } = value;
  const least = hasSize ? 1 : 0;
  if (
    !Number.isInteger(sizePixels) ||
    !((sizePixels as number) >= least && (sizePixels as number) <= MAX_SIZE_PIXELS)
  ) {
    fail(`has resize.sizePixels ${shown(sizePixels)}, expected a whole number from 1 to ${MAX_SIZE_PIXELS}`);
  }
  return {
    mode: mode as Resize['mode'],
    sizePixels: sizePixels as number,
    interpolation: interpolation as Resize['interpolation'],
  };
}

function checkFields(value: object, known: readonly string[], what: string, fail: Fail): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) fail(`has ${shown(unknown)}, which is no field of ${what}; known: ${known.join(', ')}`);
}

/** One finite number per channel. */
function numbers(value: unknown, name: string, fail: Fail): number[] {
  const isList = Array.isArray(value) && value.every((n) => typeof n === 'number' && Number.isFinite(Math.fround(n)));
  if (isList && (value.length === 1 || value.length === 3)) return [...value];
  return fail(`has ${name} ${shown(value)}, expected a list of 3 numbers, or of 1 for gray images`);
}

/** Must be above 0 as a float32 too, because that is what a model file holds. */
const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && Math.fround(value) > 0 && Number.isFinite(Math.fround(value));

/** Whether the floats of all bytes are finite, and the factors with which engines may compute them, too. */
const staysFinite = (mean: number, deviation: number, divisor: number): boolean =>
  [(MAX_BYTE / divisor - mean) / deviation, mean / deviation, MAX_BYTE / (divisor * deviation)].every((value) =>
    Number.isFinite(Math.fround(value)),
  );

const isOneOf = (value: unknown, known: readonly string[]): value is string =>
  typeof value === 'string' && known.includes(value);

const MAX_SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}...` : text;
}
