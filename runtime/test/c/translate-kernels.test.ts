import { expect, test } from 'vitest';
import { translateKernels } from '../../scripts/translate-kernels.mjs';

const HEADERS = 'static inline u32 i32_load(u64 address); static inline void i32_store(u64 address, u32 value);';

/** Imitates the output of wasm2c, as far as it is read. */
function translated({ body = '', wrappers = 'wrap_w2c_kernels_f1' } = {}): string {
  return `
static void w2c_kernels_copy_0(w2c_kernels*, u32);
static void w2c_kernels_f1(w2c_kernels*, u32, u32,
    u32);
static u32 w2c_kernels_heapBase_0(w2c_kernels*);
static const wasm_elem_segment_expr_t elements[] = {
  ${wrappers
    .split(' ')
    .map((name) => `{RefFunc, t2, (wasm_rt_function_ptr_t)${name}, {NULL}, 0},`)
    .join('\n  ')}
};

/* export: 'copy' */
void w2c_kernels_copy(w2c_kernels* instance, u32 var_p0) {
  w2c_kernels_copy_0(instance, var_p0);
}

void w2c_kernels_copy_0(w2c_kernels* instance, u32 var_p0) {
  FUNC_PROLOGUE;
  u32 var_i0 = i32_load_default32(&instance->w2c_memory, (u64)(var_p0) + 4u);
  CALL_INDIRECT(instance->w2c_T0, void (*)(void*, u32, u32, u32), t2, var_i0, instance->w2c_T0.data[var_i0].module_instance, var_i0, var_p0, var_p0);
#if WASM_RT_USE_SEGUE_FOR_THIS_MODULE
  wasm_rt_segue_write_base(instance->w2c_memory.data);
#endif
  ${body}
  FUNC_EPILOGUE;
}

void w2c_kernels_f1(w2c_kernels* instance, u32 var_p0, u32 var_p1,
    u32 var_p2) {
  FUNC_PROLOGUE;
  i32_store_default32(&instance->w2c_memory, (u64)(var_p0), var_p1);
  FUNC_EPILOGUE;
}

u32 w2c_kernels_heapBase_0(w2c_kernels* instance) {
  FUNC_PROLOGUE;
  FUNC_EPILOGUE;
}
`;
}

test('kernels and their parts are kept, without the instance and the run time of wasm2c', () => {
  const { source, header } = translateKernels(translated(), HEADERS, 'wabt 1');
  expect(source).toContain(
    'void signwave_copy(u32 var_p0) {\n  u32 var_i0 = i32_load((u64)(var_p0) + 4u);\n  part_f1(var_i0, var_p0, var_p0);',
  );
  expect(source).toContain('static void part_f1(u32 var_p0, u32 var_p1,\n    u32 var_p2);');
  expect(source).not.toMatch(/w2c|instance|heapBase|FUNC_|segue/);
  expect(header).toContain('void signwave_copy(uint32_t record);');
  expect(header).not.toContain('f1');
});

test('an operation that the headers lack is told when it is translated, not by a C compiler', () => {
  const body = 'var_o0 = simde_wasm_f64x2_add(var_o0, var_o0); var_o0 = v128_i64x2_extend_low_i32x4(var_o0);';
  expect(() => translateKernels(translated({ body }), HEADERS, 'wabt 1')).toThrow(
    "the kernels use f64x2_add, i64x2_extend_low_i32x4, which runtime/c doesn't define",
  );
});

test('globals are refused', () => {
  expect(() => translateKernels(translated({ body: 'instance->w2c_g0 = var_i0;' }), HEADERS, 'wabt 1')).toThrow(
    "the module has instance->w2c_g0, which isn't translated",
  );
});

test('a table of several functions, and another form of output, are refused', () => {
  const wrappers = 'wrap_w2c_kernels_f1 wrap_w2c_kernels_f2';
  expect(() => translateKernels(translated({ wrappers }), HEADERS, 'wabt 1')).toThrow(
    /table has w2c_kernels_f1, w2c_kernels_f2/,
  );
  expect(() =>
    translateKernels(translated().replace('void w2c_kernels_f1(w2c_kernels* instance', 'int x('), HEADERS, ''),
  ).toThrow(/declared 3 functions and 2 were found/);
});

test('a part that gives a number is kept, and a maximum in binary64 stays one', () => {
  const part = `static f64 w2c_kernels_f2(w2c_kernels*, f64);

f64 w2c_kernels_f2(w2c_kernels* instance, f64 var_p0) {
  FUNC_PROLOGUE;
  f64 var_d0;
  var_d0 = FMAX(var_p0, var_d0);
  return var_d0;
}
`;
  const { source } = translateKernels(`${translated()}${part}`, `${HEADERS} f64 f64_max(f64 x, f64 y);`, 'wabt 1');
  expect(source).toContain('static f64 part_f2(f64 var_p0) {\n  f64 var_d0;\n  var_d0 = f64_max(var_p0, var_d0);');
});

test('a part that is missing is named', () => {
  const body = 'var_i0 = w2c_kernels_f9(instance, var_i0);';
  expect(() => translateKernels(translated({ body }), HEADERS, 'wabt 1')).toThrow(/part_f9/);
});
