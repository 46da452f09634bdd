import { evaluationResize } from '@signwave/data';
import type { InputRecipe, MapShape } from '@signwave/format';
import type { DataSettings } from '../config/parse-config.js';

/** What a network sees: the size of the input, and how an image is turned into it. */
export interface NetworkInput extends MapShape {
  readonly recipe: InputRecipe;
}

/**
 * How test images become the network's input. Training evaluates with this recipe and writes it into checkpoints, so that a packed model
 * sees the same.
 *
 * @param shape of the network's input.
 */
export function inputRecipe({ format, mean, std }: DataSettings, { height, width, channels }: MapShape): NetworkInput {
  return {
    height,
    width,
    channels,
    recipe: {
      // Images of data sets in memory already have the network's size.
      ...(format === 'folder' && { resize: evaluationResize(height) }),
      channelOrder: channels === 1 ? 'gray' : 'rgb',
      divisor: 255,
      mean,
      std,
    },
  };
}
