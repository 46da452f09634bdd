import type { InputNode, Model } from '@signwave/format';
import type { KernelCall, Recording } from './record-calls.js';

/** A gap of zeros is written out if it has no more words than this, since what follows it would take two words as a stretch of its own. */
const SHORT_GAP_WORDS = 8;
const WORDS_IN_LINE = 10;

/** Whether images are resized as by TensorFlow, which gives preprocessed floats instead of bytes. */
export function preparesFloats({ recipe }: InputNode): boolean {
  return recipe?.resize?.mode === 'centreSquare';
}

/** `model.h`: the model's sizes, recipe and labels. */
export function modelHeader({ info }: Model, input: InputNode, recording: Recording): string {
  const { height, width, channels, recipe } = input;
  const { shape } = recording.output;
  const resize = recipe?.resize;
  const macros: [string, string | number, string?][] = [
    ['NAME', cString(info.name)],
    ['HEIGHT', height],
    ['WIDTH', width],
    ['CHANNELS', channels],
    ['INPUTS', height * width * channels, 'elements of the input: height * width * channels'],
    ['OUTPUTS', shape.height * shape.width * shape.channels, 'floats that a run gives'],
    ['HAS_RECIPE', flag(recipe), 'whether it takes images, and not floats only'],
    ...(recipe
      ? ([
          ['IS_BGR', flag(recipe.channelOrder === 'bgr')],
          ['RESIZE_STRETCH', flag(resize?.mode === 'stretch'), "to the input's size"],
          [
            'RESIZE_SHORTER_SIDE',
            resize?.mode === 'shorterSide' ? resize.sizePixels : 0,
            'to so many pixels, then crop',
          ],
          [
            'RESIZE_IS_DEFAULT',
            flag(!resize),
            'the recipe names none: the smallest size that covers the input, then crop',
          ],
          ['RESIZE_BICUBIC', flag(resize?.interpolation === 'bicubic'), 'otherwise bilinear'],
          ['RESIZE_CENTRE_SQUARE', flag(preparesFloats(input)), 'of 7/8, to preprocessed floats'],
        ] as [string, string | number, string?][])
      : []),
    ...(recipe && preparesFloats(input)
      ? ([
          ['DIVISOR', cFloat(recipe.divisor)],
          ['MEANS', `{${recipe.mean.map(cFloat).join(', ')}}`],
          ['DEVIATIONS', `{${recipe.std.map(cFloat).join(', ')}}`],
        ] as [string, string][])
      : []),
  ];
  return [
    `/* The model ${commentText(info.name)}, written by signwave export. */`,
    '#ifndef SIGNWAVE_MODEL_H',
    '#define SIGNWAVE_MODEL_H',
    '',
    '#include <stdint.h>',
    '',
    ...macros.map(([name, value, note]) => `#define SIGNWAVE_${name} ${value}${note ? ` /* ${note} */` : ''}`),
    '',
    "/* An element of an image of the input's size. */",
    `typedef ${preparesFloats(input) ? 'float' : 'uint8_t'} signwave_input;`,
    '',
    '/* One for each output. */',
    'extern const char *const signwave_labels[SIGNWAVE_OUTPUTS];',
    '',
    '#endif',
    '',
  ].join('\n');
}

/** `model.c`: the weights, the plan and the labels, as data. */
export function modelSource({ info }: Model, recording: Recording): string {
  const { memory, output, outputAddress } = recording;
  const { shape, pixelBytes } = output;
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
  const stretches = nonZeroStretches(words);
  const data = stretches.flatMap(({ start, end }) => hexLines(words.subarray(start, end)));
  const labels = Array.from(
    { length: shape.height * shape.width * shape.channels },
    (_, index) => info.labels?.[index] ?? `class ${index}`,
  );
  return [
    `/* The model ${commentText(info.name)}, written by signwave export. */`,
    '#include "model.h"',
    '',
    '#include "kernels.h"',
    '#include "plan.h"',
    '',
    `_Alignas(64) uint8_t signwave_memory[${memory.byteLength}];`,
    '',
    ...array('const char *const', 'signwave_labels', labels.map(cString)),
    ...array('static const uint32_t', 'words', data),
    ...array(
      'static const struct signwave_stretch',
      'stretches',
      stretches.map(({ start, end }) => `{${start * 4}, ${end - start}}`),
    ),
    ...calls('load', recording.load),
    ...calls('steps', recording.steps),
    'const struct signwave_plan signwave_plan = {',
    '  .words = words,',
    '  .stretches = stretches,',
    `  .stretch_count = ${stretches.length},`,
    `  .load = load,`,
    `  .load_count = ${recording.load.length},`,
    `  .steps = steps,`,
    `  .step_count = ${recording.steps.length},`,
    `  .floats_input = ${call(recording.floatsInput)},`,
    ...(recording.bytesInput ? [`  .bytes_input = ${call(recording.bytesInput)},`] : []),
    `  .staging = ${recording.stagingAddress},`,
    `  .output = ${outputAddress},`,
    `  .pixels = ${shape.height * shape.width},`,
    `  .channels = ${shape.channels},`,
    `  .pixel_bytes = ${pixelBytes},`,
    '};',
    '',
  ].join('\n');
}

interface Stretch {
  /** The first word of the stretch, and the first word after it. */
  readonly start: number;
  readonly end: number;
}

function nonZeroStretches(words: Uint32Array): Stretch[] {
  const stretches: { start: number; end: number }[] = [];
  words.forEach((word, index) => {
    if (word === 0) return;
    const last = stretches.at(-1);
    if (last && index - last.end <= SHORT_GAP_WORDS) last.end = index + 1;
    else stretches.push({ start: index, end: index + 1 });
  });
  return stretches;
}

function hexLines(words: Uint32Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += WORDS_IN_LINE) {
    lines.push(Array.from(words.subarray(at, at + WORDS_IN_LINE), (word) => `0x${word.toString(16)}`).join(', '));
  }
  return lines;
}

/** Define an array. C has no empty ones, so one without items gets a zero. */
function array(type: string, name: string, items: readonly string[]): string[] {
  return [`${type} ${name}[] = {`, ...(items.length > 0 ? items : ['{0}']).map((item) => `  ${item},`), '};', ''];
}

function calls(name: string, items: readonly KernelCall[]): string[] {
  return array('static const struct signwave_call', name, items.map(call));
}

function call({ kernel, recordAddress }: KernelCall): string {
  return `{signwave_${kernel}, ${recordAddress}}`;
}

function flag(value: unknown): number {
  return value ? 1 : 0;
}

/** Write a binary32 number: nine digits tell it from its neighbours. */
function cFloat(value: number): string {
  return `${Math.fround(value).toPrecision(9)}f`;
}

/** Write a text as a C string. Bytes that aren't plain ASCII become octal escapes, which end after three digits whatever follows; so does `?`, which may begin a trigraph. */
function cString(text: string): string {
  const characters = Array.from(new TextEncoder().encode(text), (byte) => {
    const character = String.fromCharCode(byte);
    return byte < 0x20 || byte > 0x7e || '"\\?'.includes(character)
      ? `\\${byte.toString(8).padStart(3, '0')}`
      : character;
  });
  return `"${characters.join('')}"`;
}

/** Make a text safe in a comment: it can't end the comment, or begin a line of its own. */
function commentText(text: string): string {
  return text.replace(/[^\w .,()+-]/g, '_');
}
