import type { RasterImage } from '@signwave/data';

const IMAGES = 20;

/** Images of random bytes, the same in every run, to measure a network on if no pictures are given. */
export function noiseImages(
  height: number,
  width: number,
  channels: number,
  limit: number,
): {
  readonly name: string;
  readonly count: number;
  read(): Promise<{ readonly image: RasterImage }>;
  end(): void;
} {
  let state = 1;
  // The constants are those of Numerical Recipes; the high byte is the random one.
  const nextByte = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return {
    name: 'noise',
    count: Math.min(IMAGES, limit),
    read: async () => ({
      image: {
        width,
        height,
        channels: channels as RasterImage['channels'],
        data: Uint8Array.from({ length: height * width * channels }, nextByte),
      },
    }),
    end: () => {},
  };
}
