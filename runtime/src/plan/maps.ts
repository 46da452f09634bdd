import type { MapShape } from '@signwave/format';
import type { Pointer, Region } from './region.js';

/** A map of floats in memory, laid out as pixels, each padded to a multiple of 8 channels. */
export interface FloatMap {
  readonly region: Region;
  readonly shape: MapShape;
  readonly pixelBytes: number;
}

/** A map of bits in memory, laid out as pixels, with space for the pads of the convolutions that read it. */
export interface BitMap {
  readonly region: Region;
  readonly shape: MapShape;
  readonly pixelBytes: number;
  readonly rowBytes: number;
  /** Pixel (0, 0). */
  readonly origin: Pointer;
}

/** Planes of floats in memory: runtime/assembly/planes.ts. */
export interface FloatPlanes {
  readonly region: Region;
  readonly shape: MapShape;
  /** Lanes from one row to the next. */
  readonly pitch: number;
  readonly planeBytes: number;
}

/** Planes of signs in memory, with space for the pads of the convolutions that read them. A plane of zeros lies behind the last one. */
export interface SignPlanes extends FloatPlanes {
  /** Pixel (0, 0) of the first plane. */
  readonly origin: Pointer;
}
