import type { MapShape } from '@signwave/format';
import type { Pointer, Region } from './region.js';

/** A map in memory, as pixels or as planes. */
interface PlacedMap {
  readonly region: Region;
  readonly shape: MapShape;
  /** Pixel (0, 0), in the first plane if there are planes. */
  readonly origin: Pointer;
  /** Distance from one row to the next. */
  readonly rowBytes: number;
}

/** A map laid out as pixels, each with all its channels: runtime/assembly/records.ts. */
interface PixelMap extends PlacedMap {
  readonly pixelBytes: number;
}

/** A map of floats as pixels, each padded to a multiple of 8 channels. */
export type FloatMap = PixelMap;

/** A map of bits as pixels, with space for the pads of the convolutions that read it. */
export type BitMap = PixelMap;

/** A map laid out as planes, one for each channel: runtime/assembly/planes.ts. */
interface PlaneMap extends PlacedMap {
  /** Number of lanes from one row to the next. */
  readonly pitch: number;
  readonly planeBytes: number;
}

/** A map of floats as planes. */
export type FloatPlanes = PlaneMap;

/** A map of signs as planes, with space for the pads of the convolutions that read it. A plane of zeros lies behind the last one. */
export type SignPlanes = PlaneMap;
