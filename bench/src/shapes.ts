import { SignwaveError } from '@signwave/format';
import * as v from 'valibot';

const size = v.pipe(v.number(), v.integer(), v.minValue(1));

/** One convolution: filters are square, the stride is the same both ways and the pad the same on all sides. */
const LayerShape = v.strictObject({
  height: size,
  width: size,
  inChannels: size,
  outChannels: size,
  kernel: size,
  stride: size,
  pad: v.pipe(v.number(), v.integer(), v.minValue(0)),
  groups: size,
  /** What the 1-bit weights are multiplied with: `bits` behind a sign, or `floats` as in 1W/32A networks. */
  activations: v.optional(v.picklist(['bits', 'floats']), 'bits'),
});

const ShapeSet = v.strictObject({
  title: v.string(),
  /** Where the shapes come from. */
  source: v.string(),
  layers: v.pipe(v.array(LayerShape), v.minLength(1)),
});

export type LayerShape = v.InferOutput<typeof LayerShape>;

/** The layers of a network or of a paper's benchmark: a file of `bench/shapes`. */
export type ShapeSet = v.InferOutput<typeof ShapeSet>;

/**
 * @param text JSON.
 * @param path for messages.
 * @throws {SignwaveError} `E_USAGE` if it isn't a {@link ShapeSet}, or channels can't be divided into the groups.
 */
export function parseShapeSet(text: string, path: string): ShapeSet {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SignwaveError('E_USAGE', `${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  const { success, output, issues } = v.safeParse(ShapeSet, json);
  if (!success) {
    const [{ message, path: at }] = issues;
    const where = at?.map(({ key }) => String(key)).join('.') ?? 'the file';
    throw new SignwaveError('E_USAGE', `${path}: ${where}: ${message}; bench/shapes has files to start from`);
  }
  for (const [i, { inChannels, outChannels, groups }] of output.layers.entries()) {
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new SignwaveError(
        'E_USAGE',
        `${path}: layers.${i}: ${inChannels} and ${outChannels} channels can't be divided into ${groups} groups`,
      );
    }
  }
  return output;
}

/** Sides of the output map. */
export function outputSides({ height, width, kernel, stride, pad }: LayerShape): { height: number; width: number } {
  const side = (input: number): number => Math.floor((input + 2 * pad - kernel) / stride) + 1;
  return { height: side(height), width: side(width) };
}

/** A title for people, unique within a set: `64 -> 128, 56 x 56, 3 x 3 / 2`. */
export function shapeTitle(shape: LayerShape): string {
  const { height, width, inChannels, outChannels, kernel, stride, groups, activations } = shape;
  const channels = inChannels === outChannels ? `${inChannels}` : `${inChannels} -> ${outChannels}`;
  return [
    `${channels}, ${height} x ${width}, ${kernel} x ${kernel}`,
    stride > 1 ? ` / ${stride}` : '',
    groups > 1 ? `, ${groups} groups` : '',
    activations === 'floats' ? ', floats' : '',
  ].join('');
}
