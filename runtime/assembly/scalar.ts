// Entry of the scalar build: every kernel, for f32 lanes. A kernel takes the address of its record (records.ts).
import { convBitsOf } from './conv-bits';
import { convFloatOf } from './conv-float';
import { convIntegerOf } from './conv-integer';
import { elementwiseOf } from './elementwise';
import { gemm } from './gemm-scalar';
import { preluOf } from './maps';
import { avgPoolOf, maxPoolOf } from './pools';
import { Conv, Elementwise, MapArguments, Pool } from './records';

export * from './maps';

export { nanBits } from './cpu';

/** First byte of the memory that the plan may use. */
export function heapBase(): usize {
  return __heap_base;
}

export function convBits(c: Conv): void {
  convBitsOf<f32>(c, gemm);
}

export function convFloat(c: Conv): void {
  convFloatOf<f32>(c);
}

export function convInteger(c: Conv): void {
  convIntegerOf<f32>(c);
}

export function elementwise(a: Elementwise): void {
  elementwiseOf<f32>(a);
}

export function maxPool(p: Pool): void {
  maxPoolOf<f32>(p);
}

export function avgPool(p: Pool): void {
  avgPoolOf<f32>(p);
}

export function prelu(a: MapArguments): void {
  preluOf<f32>(a);
}
