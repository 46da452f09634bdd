import type { Kind } from '../kind.js';
import { CHECKPOINTS } from './checkpoints.js';
import { FILES } from './files.js';
import { GRAPHS } from './graphs.js';
import { IMAGES } from './images.js';
import { JSON_TEXTS } from './json.js';
import { TFLITE } from './tflite.js';

export const KINDS = {
  files: FILES,
  graphs: GRAPHS,
  checkpoints: CHECKPOINTS,
  tflite: TFLITE,
  images: IMAGES,
  json: JSON_TEXTS,
} satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;
