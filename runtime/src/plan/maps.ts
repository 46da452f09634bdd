import type { MapShape } from '@signwave/format';
import type { Pointer, Region } from './region.js';

/** A map in memory. */
interface PlacedMap {
  readonly region: Region;
  readonly shape: MapShape;
  /** Pixel (0, 0), of the first plane where there are several. */
  readonly origin: Pointer;
  /** From one row to the next. */
  readonly rowBytes: number;
}

/** A map as pixels, each with all of its channels: runtime/assembly/records.ts. */
interface PixelMap extends PlacedMap {
  readonly pixelBytes: number;
}

/** Floats as pixels, each padded to a multiple of 8 channels. */
export type FloatMap = PixelMap;

/** Bits as pixels, with room for the pads of the convolutions that read them. */
export type BitMap = PixelMap;

/** A map as planes, one for each channel: runtime/assembly/planes.ts. */
interface PlaneMap extends PlacedMap {
  /** Lanes from one row to the next. */
  readonly pitch: number;
  readonly planeBytes: number;
}

/** Floats as planes. */
export type FloatPlanes = PlaneMap;

/** Signs as planes, with room for the pads of the convolutions that read them; a plane of zeros lies behind the last. */
export type SignPlanes = PlaneMap;
