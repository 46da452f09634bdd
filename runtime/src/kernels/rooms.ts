import type { GraphNode } from '@signwave/format';
import { convBits } from './conv-bits.js';
import { convFloat } from './conv-float.js';
import { convFloatLut } from './conv-float-lut.js';
import { convLut } from './conv-lut.js';
import { convPlanes } from './conv-planes.js';
import { flatten, joinPixels, slicePixels } from './copy-pixels.js';
import { joinPlanes, slicePlanes } from './copy-planes.js';
import { elementwise } from './elementwise.js';
import { elementwisePlanes } from './elementwise-planes.js';
import { globalAvgPlanes } from './global-avg-planes.js';
import { multiply } from './multiply.js';
import { poolPixels } from './pool-pixels.js';
import { poolPlanes } from './pool-planes.js';
import { prelu } from './prelu.js';
import type { Room } from './room.js';
import { sampleMean } from './sample-mean.js';
import { sigmoid } from './sigmoid.js';
import { signMap } from './sign-map.js';
import { softmax } from './softmax.js';

/** What a fused group can begin with. `elementwise` is a chain of operations that have no room of their own. */
type Head = Exclude<GraphNode['op'], 'input' | 'affine' | 'borderBias' | 'add' | 'clip'> | 'elementwise';

/** The rooms of each operation. In each layout, the first one that accepts a fused group executes it. */
export const ROOMS: Readonly<Record<Head, readonly Room[]>> = {
  elementwise: [elementwise, elementwisePlanes],
  conv: [convBits, convFloat, convLut, convFloatLut, convPlanes],
  linear: [convBits, convFloat],
  maxPool: [poolPixels, poolPlanes],
  avgPool: [poolPixels, globalAvgPlanes, poolPlanes],
  globalAvgPool: [poolPixels, globalAvgPlanes],
  padChannels: [joinPixels, joinPlanes],
  sliceSpatial: [slicePixels, slicePlanes],
  concat: [joinPixels, joinPlanes],
  flatten: [flatten],
  prelu: [prelu],
  sign: [signMap],
  sampleMean: [sampleMean],
  scale: [multiply],
  multiply: [multiply],
  sigmoid: [sigmoid],
  softmax: [softmax],
};
