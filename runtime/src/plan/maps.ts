import type { MapShape } from '@signwave/format';
import type { Pointer, Region } from './region.js';

/** A float map in memory, as pixels: each is padded to a multiple of 8 channels. */
export interface FloatMap {
  readonly region: Region;
  readonly shape: MapShape;
  readonly pixelBytes: number;
}

/** A map of bits in memory, as pixels, with room for the pads of the convolutions that read it. */
export interface BitMap {
  readonly region: Region;
  readonly shape: MapShape;
  readonly pixelBytes: number;
  readonly rowBytes: number;
  /** Pixel (0, 0). */
  readonly origin: Pointer;
}

/** Float planes in memory: runtime/assembly/planes.ts. */
export interface FloatPlanes {
  readonly region: Region;
  readonly shape: MapShape;
  /** Lanes from one row to the next. */
  readonly pitch: number;
  readonly planeBytes: number;
}

/** Sign planes in memory, with room for the pads of the convolutions that read them; a plane of zeros lies behind the last. */
export interface SignPlanes extends FloatPlanes {
  /** Pixel (0, 0) of the first plane. */
  readonly origin: Pointer;
}
