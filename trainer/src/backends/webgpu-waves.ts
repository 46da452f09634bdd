import type { KernelFunc } from '@tensorflow/tfjs';
import type { Tensor, Tf } from '../types.js';
import { replaceKernel } from './convolution-gradients.js';

/** The part of tfjs's WebGPU back end that runs a shader: backend_webgpu.d.ts. */
interface ProgramRunner {
  runWebGPUProgram(program: object, inputs: readonly object[], type: 'float32'): Tensor;
}

const WORKGROUP_SIZE = 256;

/**
 * pi split into parts of 8, 11 and 24 bits (W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980). Their products
 * with a number of few bits are exact, and so are the differences, so what is left of x near a multiple of pi is exact, too.
 */
const PI_PARTS = ['3.140625', '9.67502593994140625e-4', '1.509957990978376432e-7'];

/** `rest` is x - m pi for a small m; `sineOf` is its sine by Taylor's series, 7e-10 off at pi / 2. */
const SINE = `
  fn rest(x : f32, m : f32) -> f32 {
    return ((x - m * ${PI_PARTS[0]}) - m * ${PI_PARTS[1]}) - m * ${PI_PARTS[2]};
  }
  fn sineOf(r : f32) -> f32 {
    let s = r * r;
    let tail = 1.0 / 120.0 + s * (-1.0 / 5040.0 + s * (1.0 / 362880.0 + s * (-1.0 / 39916800.0 + s / 6227020800.0)));
    return r + r * s * (-1.0 / 6.0 + s * tail);
  }
  fn alternate(x : f32, n : f32) -> f32 { return select(x, -x, (i32(n) & 1) == 1); }`;

/** Both reduce x to within pi / 2 of a multiple of pi. */
const WAVES = {
  Sin: 'let n = round(a * 0.3183098861837907); return alternate(sineOf(rest(a, n)), n);',
  Cos: 'let n = floor(a * 0.3183098861837907); return -alternate(sineOf(rest(a, n + 0.5)), n);',
};

/**
 * Sines and cosines that are accurate to a few units in the last place. WGSL allows its own to be off by 2^-11, which flips the sign of one
 * weight in some thousands and puts the regulariser more than 1e-5 away from the authors'.
 */
export function registerWaves(tf: Tf): void {
  for (const [name, body] of Object.entries(WAVES)) replaceKernel(tf, name, 'webgpu', waveKernel(tf, name, body));
}

const waveKernel =
  (tf: Tf, name: string, body: string): KernelFunc =>
  ({ inputs }) => {
    const x = inputs.x as Tensor;
    const program = {
      outputShape: x.shape,
      shaderKey: `signwave_${name}`,
      dispatchLayout: { x: x.shape.map((_, axis) => axis) },
      // WebGPU allows 65,535 groups: 16 million elements, and no layer has that many weights.
      dispatch: [Math.max(1, Math.ceil(x.size / WORKGROUP_SIZE)), 1, 1],
      workgroupSize: [WORKGROUP_SIZE, 1, 1],
      variableNames: ['A'],
      size: true,
      getUserCode: () => `${SINE}
  fn wave(a : f32) -> f32 { ${body} }
  fn main(index : i32) {
    if (index < uniforms.size) { setOutputAtIndex(index, wave(getAByOutputIndex(index))); }
  }`,
    };
    return (tf.backend() as unknown as ProgramRunner).runWebGPUProgram(program, [x], 'float32');
  };
