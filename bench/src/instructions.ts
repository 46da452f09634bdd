// Runs each case on a CPU that counts (see bench/scripts/check-instructions.mjs): some calls so that the code gets compiled, then, several
// times, `calls` calls and twice as many calls between marks. The difference of the two counts leaves out what both contain, such as the
// mark itself.
//
// Prints the cases as JSON: [{ name, calls, repeats }].
import { setFlagsFromString } from 'node:v8';
import { load, type Model } from '@signwave/runtime';
import { requireEqual } from './check.js';
import { FAMILIES } from './families.js';
import { type Layer, makeLayer } from './layer.js';
import { type LayerShape, shapeTitle } from './shapes.js';

interface Case {
  readonly name: string;
  readonly calls: number;
  readonly repeats: number;
}

const BINARY = { kernel: 3, stride: 1, pad: 1, groups: 1, activations: 'bits' } as const;

/** Small, because a counting CPU is slow, and covering what the plan may treat apart: strides, filter sizes, groups, one pixel, floats. */
const SHAPES: readonly LayerShape[] = [
  { ...BINARY, height: 32, width: 32, inChannels: 16, outChannels: 16 },
  { ...BINARY, height: 8, width: 8, inChannels: 64, outChannels: 64 },
  { ...BINARY, height: 14, width: 14, inChannels: 128, outChannels: 128 },
  { ...BINARY, height: 7, width: 7, inChannels: 256, outChannels: 128 },
  { ...BINARY, height: 16, width: 16, inChannels: 32, outChannels: 64, stride: 2 },
  { ...BINARY, height: 14, width: 14, inChannels: 128, outChannels: 128, kernel: 1, pad: 0 },
  { ...BINARY, height: 14, width: 14, inChannels: 32, outChannels: 32, kernel: 5, pad: 2 },
  { ...BINARY, height: 14, width: 14, inChannels: 64, outChannels: 64, groups: 4 },
  { ...BINARY, height: 1, width: 1, inChannels: 1024, outChannels: 256, kernel: 1, pad: 0 },
  { ...BINARY, height: 16, width: 16, inChannels: 32, outChannels: 32, activations: 'floats' },
  { ...BINARY, height: 4, width: 4, inChannels: 256, outChannels: 256 },
];

/** After so many calls the JavaScript that calls the kernels is in its final form; V8 isn't allowed to optimize it further. */
const WARM_UP_CALLS = 100;
/**
 * V8 compiles and collects garbage at moments of its own choice, on this one thread, and any change of the JavaScript moves them. That only
 * adds instructions, so the least of several counts is free of it.
 */
const REPEATS = 5;
/** Multiply-accumulates between two marks. */
const MACS = 3e6;
const FLOAT_TOLERANCE = 1e-5;

const layers = SHAPES.map((shape, i) => makeLayer(shape, i + 1));

// From here on JavaScript stays in its baseline compiler. Which call gets optimized depends on everything that ran before, and made a
// difference of 3,500 instructions a call. The kernels are WebAssembly, which neither of these two compilers handles.
setFlagsFromString('--no-maglev');
setFlagsFromString('--no-turbofan');

const cases: Case[] = [];
for (const family of FAMILIES) {
  for (const layer of layers) {
    const { shape } = layer;
    const model = await load(layer.bytes, family.options);
    requireEqual(
      family.title,
      model.run(layer.input),
      layer.expected,
      shape.activations === 'bits' ? 0 : FLOAT_TOLERANCE,
    );
    const calls = Math.max(2, Math.round(MACS / layer.macs));
    callBetweenMarks(model, layer, calls);
    cases.push({ name: `${family.id}: ${shapeTitle(shape)}`, calls, repeats: REPEATS });
    model.dispose();
  }
}
console.log(JSON.stringify(cases));

function callBetweenMarks(model: Model, { input }: Layer, calls: number): void {
  for (let n = 0; n < WARM_UP_CALLS; n++) model.run(input);
  mark();
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (let n = 0; n < calls; n++) model.run(input);
    mark();
    for (let n = 0; n < 2 * calls; n++) model.run(input);
    mark();
  }
}

/** Sets a mark: a system call that nothing else makes and that changes nothing. */
function mark(): void {
  process.umask(0o022);
}
