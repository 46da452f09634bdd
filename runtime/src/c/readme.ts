import type { InputNode, Model } from '@signwave/format';
import { preparesFloats } from './model-source.js';
import type { Recording } from './record-calls.js';

/** `README.md` of an exported folder: how to build it, how to call it, whose it is. */
export function readmeOf({ info }: Model, input: InputNode, recording: Recording): string {
  const { height, width, channels } = input;
  const memoryMib = (recording.memory.byteLength / 2 ** 20).toFixed(1);
  const takesImages = input.recipe !== undefined;
  const prepare = preparesFloats(input) ? 'prepare-square.c' : 'prepare.c';
  const run = takesImages
    ? `    make && ./classify image.ppm        # of any size; of a photo: magick photo.jpg -depth 8 photo.ppm`
    : '    make        # libsignwave.a: this model has no input recipe, so it takes floats, and there is no example for images';
  const call = takesImages ? 'signwave_run(image, outputs);' : 'signwave_run_floats(input, outputs);';
  return `# ${info.name}, as C

Written by \`signwave export --c\`. C11 for gcc or clang on a little-endian machine; SSE4.1 and NEON are used where the processor has them,
plain C elsewhere. Nothing to install, nothing allocated by a run; the memory is static, ${memoryMib} MiB.

${run}

Another compiler: \`make CC=aarch64-linux-gnu-gcc\`, \`make CC=clang\`; other options: \`make CFLAGS="-O3 -march=native"\`. Outputs are the same bits
with each of them, and those of signwave's WebAssembly. For a processor of 32-bit ARM without NEON (the first Raspberry Pi, the first Zero):
\`make VECTORS_arm=\`; of x86-64 without SSE4.1: \`make VECTORS_x86_64=\`.

In a program of yours, with \`-lm\` and libsignwave.a or all .c files${takesImages ? ' but classify.c' : ''}:

    #include "signwave.h"

    static ${takesImages ? 'signwave_input image' : 'float input'}[SIGNWAVE_INPUTS];    /* ${height} x ${width} x ${channels} (height, width, channels) */
    float outputs[SIGNWAVE_OUTPUTS];
    signwave_load();                            /* once */${takesImages ? '\n    signwave_prepare(pixels, width, height, 3, image);     /* RGB bytes of any size; gives 0, or why it failed */' : ''}
    ${call}

| file | what |
|---|---|
| signwave.h | the functions |
| model.h, model.c | the model: sizes, labels, plan, weights |
| kernels.c, kernels.h | signwave's kernels, translated from WebAssembly |
| vectors*.h, wasm.h, exact.h | 128-bit vectors and the rest that the kernels need |
| signwave.c, plan.h | the driver |
${takesImages ? `| ${prepare}, pixels.h | resize and crop, as the model was tested with |\n| classify.c | an example |\n` : ''}
## Licences

* The model: ${info.licence ?? 'its file names no licence; ask who made it'}.
* All other files: MIT, LICENSE.
* kernels.c was written by wasm2c of wabt, which is under the Apache License 2.0, LICENSE-wabt; none of wabt's own sources is here.
`;
}
