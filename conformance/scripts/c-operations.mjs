// Tests each operation of runtime/c that the kernels call against WebAssembly's own, on vectors full of hostile lanes. A module with one
// kernel that performs all of them is translated by wasm2c as the kernels are, then run by this Node's WebAssembly and as C.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { translateKernels } from '../../runtime/scripts/translate-kernels.mjs';

const RECORD = 1024;
const OPERAND_BYTES = 48;
const SAMPLES = 4000;

/** Operations by the number of vectors that they take. Those on floats come last, because their NaN may have any bits. */
const INTEGER = {
  1: [
    'i8x16.popcnt',
    'i16x8.extend_low_i8x16_s',
    'i16x8.extend_high_i8x16_s',
    'i32x4.extend_low_i16x8_s',
    'i32x4.extend_high_i16x8_s',
    'i16x8.extadd_pairwise_i8x16_u',
    'i32x4.extadd_pairwise_i16x8_u',
    'i32x4.trunc_sat_f32x4_s',
  ],
  2: [
    ...['and', 'or', 'xor', 'andnot'].map((name) => `v128.${name}`),
    ...['i8x16.add', 'i8x16.sub', 'i16x8.add', 'i32x4.add', 'i32x4.sub', 'i8x16.gt_s', 'i16x8.lt_s', 'i32x4.ge_s'],
    'i16x8.sub_sat_s',
    ...['i32x4.min_s', 'i32x4.max_s', 'f32x4.lt', 'f32x4.ge'],
    ...['i8x16.narrow_i16x8_s', 'i16x8.narrow_i32x4_s', 'i32x4.dot_i16x8_s'],
    'i8x16.shuffle 31 0 17 2 4 6 8 10 12 14 16 18 20 22 24 26',
  ],
  3: ['v128.bitselect'],
};
const SHIFTS = ['i32x4.shl', 'i16x8.shr_u'];
const FLOAT = {
  1: ['f32x4.nearest', 'f32x4.convert_i32x4_s'],
  2: ['add', 'sub', 'mul', 'div', 'pmin', 'pmax'].map((name) => `f32x4.${name}`),
};
const SCALAR = ['f32.min', 'f32.max'];

/** @param {number} i */
const operand = (i) => `(v128.load offset=${i * 16} (local.get $r))`;
/** @param {Record<number, string[]>} table */
const vectors = (table) =>
  Object.entries(table).flatMap(([count, names]) =>
    names.map((name) => `(${name} ${Array.from({ length: Number(count) }, (_, i) => operand(i)).join(' ')})`),
  );
/** @param {number} i */
const lane = (i) => `(f32.load offset=${i * 4} (local.get $r))`;

/** Expressions of type v128, in the order in which their results are stored. */
const integers = [
  ...vectors(INTEGER),
  ...SHIFTS.map((name) => `(${name} ${operand(0)} (i32.load offset=32 (local.get $r)))`),
  `(i32x4.splat (i32x4.bitmask ${operand(0)}))`,
  ...[0, 1].map(
    (n) => `(i32x4.splat (i32.wrap_i64 (i64.shr_u (i64x2.extract_lane ${n} ${operand(0)}) (i64.const 24))))`,
  ),
  ...[8, 16, 32].map((bits) => `(v128.load${bits}_splat offset=3 (local.get $r))`),
  '(i8x16.splat (i32.load8_u offset=1 (local.get $r)))',
  `(v128.xor ${operand(0)} (v128.const i32x4 1 2 3 0x80000000))`,
];
const floats = [
  ...vectors(FLOAT),
  ...SCALAR.map((name) => `(f32x4.splat (${name} ${lane(0)} ${lane(4)}))`),
  `(f32x4.splat (f32.nearest ${lane(0)}))`,
];

/**
 * Writes the C of all operations, inputs for them and WebAssembly's results into a folder.
 *
 * @param {string} folder
 * @returns {Promise<void>}
 */
export async function writeOperations(folder) {
  const all = [...integers, ...floats];
  const stores = all.map((text, i) => `(v128.store offset=${OPERAND_BYTES + 16 * i} (local.get $r) ${text})`);
  const code = `${folder}/c`;
  mkdirSync(code, { recursive: true });
  writeFileSync(
    `${folder}/operations.wat`,
    `(module (memory (export "memory") 1) (func (export "operations") (param $r i32)\n${stores.join('\n')}))`,
  );
  /**
   * @param {string} program
   * @param {...string} args
   */
  const wabt = (program, ...args) => execFileSync(process.execPath, [`node_modules/wabt/bin/${program}`, ...args]);
  wabt('wat2wasm', `${folder}/operations.wat`, '-o', `${folder}/operations.wasm`);
  wabt('wasm2c', `${folder}/operations.wasm`, '-n', 'kernels', '-o', `${folder}/raw.c`);
  const headers = readdirSync('runtime/c').filter((name) => name.endsWith('.h'));
  for (const name of [...headers, 'Makefile']) copyFileSync(`runtime/c/${name}`, `${code}/${name}`);
  // The Makefile links the example program, so this program takes its name.
  copyFileSync('conformance/c/operations.c', `${code}/classify.c`);
  const texts = headers.map((name) => readFileSync(`runtime/c/${name}`, 'utf8')).join('\n');
  const { source, header } = translateKernels(readFileSync(`${folder}/raw.c`, 'utf8'), texts, 'wabt');
  writeFileSync(`${code}/kernels.c`, source);
  writeFileSync(`${code}/kernels.h`, header);
  writeFileSync(
    `${code}/sizes.h`,
    `enum { RECORD = ${RECORD}, OPERANDS = ${OPERAND_BYTES}, RESULTS = ${16 * all.length} };\n`,
  );

  const inputs = samples();
  const { instance } = await WebAssembly.instantiate(readFileSync(`${folder}/operations.wasm`));
  const module = /** @type {{ memory: WebAssembly.Memory, operations: (record: number) => void }} */ (
    /** @type {unknown} */ (instance.exports)
  );
  const memory = Buffer.from(module.memory.buffer);
  const results = [];
  for (let at = 0; at < inputs.length; at += OPERAND_BYTES) {
    inputs.copy(memory, RECORD, at, at + OPERAND_BYTES);
    module.operations(RECORD);
    const start = RECORD + OPERAND_BYTES;
    results.push(Buffer.from(memory.subarray(start, start + 16 * all.length)));
  }
  writeFileSync(`${folder}/inputs`, inputs);
  writeFileSync(`${folder}/expected`, Buffer.concat(results));
}

/**
 * Finds operations that a translated source calls, but the tested one doesn't.
 *
 * @param {string} folder
 * @param {string} source
 * @returns {string[]}
 */
export function untestedCalls(folder, source) {
  /** @param {string} text */
  const calls = (text) => new Set([...text.matchAll(/\b((?:[iuf]\d+x\d+|v128|f32)_\w+)\(/g)].map(([, name]) => name));
  const tested = calls(readFileSync(`${folder}/c/kernels.c`, 'utf8'));
  return [...calls(source)].filter((name) => !tested.has(name) && !/^f32_(load|store)$/.test(name));
}

/**
 * @param {Buffer} found
 * @param {Buffer} wanted
 * @returns {string[]} the operations whose results differ.
 */
export function differingOperations(found, wanted) {
  const all = [...integers, ...floats];
  if (found.length !== wanted.length) return [`${found.length} bytes instead of ${wanted.length}`];
  const differing = new Set();
  for (let at = 0; at < wanted.length; at += 4) {
    const index = Math.floor(at / 16) % all.length;
    const areNan =
      index >= integers.length && Number.isNaN(found.readFloatLE(at)) && Number.isNaN(wanted.readFloatLE(at));
    if (!areNan && found.readUInt32LE(at) !== wanted.readUInt32LE(at)) differing.add(all[index].split(' ')[0].slice(1));
  }
  return [...differing];
}

/** Makes samples of three vectors each, with few harmless lanes. */
function samples() {
  const special = new Float32Array([
    ...[0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-45, -1e-45, 1e-38, -1e-38, 1.1754944e-38, 3e38, -3e38, 8388609.5],
    ...[
      2 ** 31,
      -(2 ** 31),
      2 ** 31 - 128,
      -(2 ** 31) - 256,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ],
  ]);
  const patterns = [
    ...new Uint32Array(special.buffer),
    0x80008000,
    0x7fff8000,
    0x80808080,
    0x7f7f7f7f,
    0xffffffff,
    0x00ff00ff,
  ];
  const words = new Uint32Array((SAMPLES * OPERAND_BYTES) / 4);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
  words.forEach((_, i) => {
    const kind = random() % 4;
    const bits = ((random() << 16) ^ random()) >>> 0;
    words[i] = kind < 2 ? patterns[random() % patterns.length] : kind === 2 ? bits : (bits & 0x807fffff) | 0x3f000000;
  });
  return Buffer.from(words.buffer);
}
