import { evaluationResize } from '@signwave/data';
import type { InputRecipe, MapShape } from '@signwave/format';
import type { DataSettings } from '../config/parse-config.js';

/** What a network sees: the size, and how an image and its bytes get there. */
export interface NetworkInput extends MapShape {
  readonly recipe: InputRecipe;
}

/**
 * How test images become the network's input. Training evaluates by it and writes it into checkpoints, so that a packed model sees the same.
 *
 * @param shape of what the network sees.
 */
export function inputRecipe({ format, mean, std }: DataSettings, { height, width, channels }: MapShape): NetworkInput {
  return {
    height,
    width,
    channels,
    recipe: {
      // Data sets in memory have the network's size.
      ...(format === 'folder' && { resize: evaluationResize(height) }),
      channelOrder: channels === 1 ? 'gray' : 'rgb',
      divisor: 255,
      mean,
      std,
    },
  };
}
