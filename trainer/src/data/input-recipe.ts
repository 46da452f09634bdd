import type { InputRecipe, MapShape } from '@signwave/format';
import type { DataSettings } from '../config/parse-config.js';

/** Images of files have their shorter side scaled to this times the network's side, then their middle is taken: 256 for 224. */
const TEST_SCALE = 256 / 224;

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
  const sizePixels = Math.round(Math.min(height, width) * TEST_SCALE);
  const resize = { mode: 'shorterSide', sizePixels, interpolation: 'bilinear' } as const;
  return {
    height,
    width,
    channels,
    recipe: {
      // Data sets in memory have the network's size.
      ...(format === 'folder' && { resize }),
      channelOrder: channels === 1 ? 'gray' : 'rgb',
      divisor: 255,
      mean,
      std,
    },
  };
}
