// Entry of the simd build: every kernel, for v128 lanes. A kernel takes the address of its record (records.ts).
import { convBitsOf } from './conv-bits';
import { convFloatOf } from './conv-float';
import { convIntegerOf } from './conv-integer';
import { elementwiseOf } from './elementwise';
import { gemm } from './gemm-simd';
import { preluOf } from './maps';
import { avgPoolOf, maxPoolOf } from './pools';
import { Conv, Elementwise, MapArguments, Pool } from './records';

export { convFloatLut, convLut } from './lut-conv';
export { expandLut } from './lut-expand';
export * from './maps';
export { convPairs, convPlanes, elementwisePlanes, pairPlanes } from './plane-conv';
export { avgPoolPlanes, globalAvgPlanes, maxPoolPlanes } from './plane-pools';
export {
  bitsToSigns, copyFloatPlanes, copySignPlanes, pixelsToPlanes, planesToPixels, signsToBits,
} from './planes';

// Parts of kernels. Engines compile a function well once it has been called often enough, and take the result from the next call
// on; exported, these stay functions of their own, so that the first inference is fast before it ends.
export { expandFilter, sortFilters } from './lut-expand';
export { buildFloatTable, lookUpFloats } from './float-tables';
export { lookUpBlock } from './lut-gemm';
export { buildTable } from './lut-tables';
export { twoFilters, twoIntegerFilters } from './plane-conv';
export { poolRow } from './plane-pools';

export { nanBits } from './cpu';

/** First byte of the memory that the plan may use. */
export function heapBase(): usize {
  return __heap_base;
}

export function convBits(c: Conv): void {
  convBitsOf<v128>(c, gemm);
}

export function convFloat(c: Conv): void {
  convFloatOf<v128>(c);
}

export function convInteger(c: Conv): void {
  convIntegerOf<v128>(c);
}

export function elementwise(a: Elementwise): void {
  elementwiseOf<v128>(a);
}

export function maxPool(p: Pool): void {
  maxPoolOf<v128>(p);
}

export function avgPool(p: Pool): void {
  avgPoolOf<v128>(p);
}

export function prelu(a: MapArguments): void {
  preluOf<v128>(a);
}
