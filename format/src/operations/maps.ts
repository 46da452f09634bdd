// The input, and operations that move elements without computing with them.
import { MAX_RECIPE_CHANNELS } from '../limits.js';
import type { MapShape, NodeBase, Size2 } from '../values.js';
import { choice, float, optional, or, required, table, uint16, type ValueOf, vector } from '../verify.js';
import { CHANNELS, describe, type Rows, SIZE, START, vectorShape } from './row.js';

/** How an image of any size becomes the bytes of the input, and how bytes become floats (SPEC.md 4.1). */
export interface InputRecipe {
  /**
   * How to resize an image before the centre is cropped, with Pillow's arithmetic if not said otherwise. Absent: bilinear, to the smallest size of the image's
   * shape that covers the input (SPEC.md 4.1).
   */
  readonly resize?: {
    /**
     * `shorterSide`: the shorter side becomes `sizePixels`; `stretch`: both sides become the input's own size; `centreSquare` (since version 1.1): the
     * centre square of 7/8 of the shorter side is cut out first and gets the input's own size, with the arithmetic of TensorFlow 1.
     */
    readonly mode: 'shorterSide' | 'stretch' | 'centreSquare';
    /** Only used by `shorterSide`. */
    readonly sizePixels: number;
    /** A `centreSquare` is `bicubic`. */
    readonly interpolation: 'bilinear' | 'bicubic';
  };
  /** Order of the channels in the input map; image files are read as RGB, or as luma for `gray`. */
  readonly channelOrder: 'rgb' | 'bgr' | 'gray';
  /** x = (byte / divisor - mean[c]) / std[c], each operation rounded to float32. */
  readonly divisor: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface InputNode extends NodeBase, MapShape {
  readonly op: 'input';
  /** Absent: the input can only be given as preprocessed floats. */
  readonly recipe?: InputRecipe;
}

export interface PadChannelsNode extends NodeBase {
  readonly op: 'padChannels';
  /** Number of channels of zeros before and after the operand's. */
  readonly before: number;
  readonly after: number;
}

export interface SliceSpatialNode extends NodeBase {
  readonly op: 'sliceSpatial';
  /** Takes rows start.height, start.height + step.height, ..., and columns likewise. */
  readonly start: Size2;
  readonly step: Size2;
}

export interface ConcatNode extends NodeBase {
  readonly op: 'concat';
}

export interface FlattenNode extends NodeBase {
  readonly op: 'flatten';
}

export type MapNode = InputNode | PadChannelsNode | SliceSpatialNode | ConcatNode | FlattenNode;

const RESIZE_MODE = { ...choice(['none', 'shorterSide', 'stretch', 'centreSquare']), since: { centreSquare: 1 } };

/** The table `Recipe` of signwave.fbs, which stores the fields of `resize` beside the others. */
export const FILE_RECIPE = table({
  resizeMode: or(RESIZE_MODE, 'none'),
  resizeSize: or(uint16, 0),
  interpolation: or(choice(['bilinear', 'bicubic']), 'bilinear'),
  channelOrder: or(choice(['rgb', 'bgr', 'gray']), 'rgb'),
  divisor: or(float, 255),
  mean: required(vector(float, MAX_RECIPE_CHANNELS)),
  std: required(vector(float, MAX_RECIPE_CHANNELS)),
});

export type FileRecipe = ValueOf<typeof FILE_RECIPE>;

export const RECIPE = {
  ...FILE_RECIPE,
  read: (...place: Parameters<typeof FILE_RECIPE.read>): InputRecipe => {
    const { resizeMode: mode, resizeSize: sizePixels, interpolation, ...recipe } = FILE_RECIPE.read(...place);
    return { ...(mode !== 'none' && { resize: { mode, sizePixels, interpolation } }), ...recipe };
  },
};

export const MAPS: Rows<MapNode> = {
  input: {
    type: 1,
    fields: { height: or(uint16, 0), width: or(uint16, 0), channels: or(uint16, 0), recipe: optional(RECIPE) },
    operands: 0,
    shapeOf(operands, _, { height, width, channels, recipe }) {
      if (recipe) {
        const { mean, std, divisor, channelOrder, resize } = recipe;
        if (channels !== (channelOrder === 'gray' ? 1 : 3)) {
          operands.fail(`${channels} channels can't hold ${channelOrder} images`);
        }
        if (mean.length !== channels || std.length !== channels) {
          operands.fail(`its recipe has ${mean.length} means and ${std.length} deviations for ${channels} channels`);
        }
        if (![divisor, ...mean, ...std].every(Number.isFinite) || [divisor, ...std].some((n) => n === 0)) {
          operands.fail('its recipe divides by zero or holds NaN or infinity');
        }
        if (resize?.mode === 'shorterSide' && resize.sizePixels < Math.max(height, width)) {
          operands.fail(
            `resizes the shorter side to ${resize.sizePixels} pixels, too few for a crop of ${height} x ${width}`,
          );
        }
      }
      return { height, width, channels };
    },
  },
  padChannels: {
    type: 13,
    fields: { before: CHANNELS, after: CHANNELS },
    shapeOf: (_, x, { before, after }) => ({ ...x, channels: before + x.channels + after }),
  },
  sliceSpatial: {
    type: 14,
    fields: { start: START, step: SIZE },
    shapeOf(_, x, { start, step }) {
      const side = (of: keyof Size2): number => Math.ceil((x[of] - start[of]) / step[of]);
      return { height: side('height'), width: side('width'), channels: x.channels };
    },
  },
  concat: {
    type: 15,
    fields: {},
    operands: '2 or more',
    shapeOf(operands, x) {
      const odd = operands.maps.find((map) => map.height !== x.height || map.width !== x.width);
      if (odd)
        operands.fail(`joins maps of one height and width, its operands are ${describe(x)} and ${describe(odd)}`);
      return { ...x, channels: operands.maps.reduce((sum, map) => sum + map.channels, 0) };
    },
  },
  flatten: { type: 16, fields: {}, shapeOf: (_, x) => vectorShape(x.height * x.width * x.channels) },
};
