/* signwave.c — what a run is: the input goes to its place, every step of the plan is called, the output is read. */
#include "signwave.h"

#include <math.h>
#include <string.h>

#include "plan.h"
#include "wasm.h"

static void call(struct signwave_call it) { it.kernel(it.record); }

void signwave_load(void) {
  const uint32_t *words = signwave_plan.words;
  for (uint32_t i = 0; i < signwave_plan.stretch_count; i++) {
    const struct signwave_stretch stretch = signwave_plan.stretches[i];
    memcpy(AT(stretch.address), words, (size_t)stretch.words * 4);
    words += stretch.words;
  }
  for (uint32_t i = 0; i < signwave_plan.load_count; i++) call(signwave_plan.load[i]);
}

static void run(struct signwave_call input, float *outputs) {
  call(input);
  for (uint32_t i = 0; i < signwave_plan.step_count; i++) call(signwave_plan.steps[i]);
  for (uint32_t i = 0; i < signwave_plan.pixels; i++) {
    const uint32_t pixel = signwave_plan.output + i * signwave_plan.pixel_bytes;
    memcpy(outputs + (size_t)i * signwave_plan.channels, AT(pixel), signwave_plan.channels * 4);
  }
}

#if SIGNWAVE_HAS_RECIPE
void signwave_run(const uint8_t *image, float *outputs) {
  memcpy(AT(signwave_plan.staging), image, SIGNWAVE_INPUTS);
  run(signwave_plan.bytes_input, outputs);
}
#endif

void signwave_run_floats(const float *input, float *outputs) {
  memcpy(AT(signwave_plan.staging), input, SIGNWAVE_INPUTS * 4);
  run(signwave_plan.floats_input, outputs);
}

/* A record of MapArguments (runtime/assembly/records.ts): places of its fields, in words. */
enum { INPUT = 0, OUTPUT = 1, CHANNELS = 5, OPTION = 10 };

/* format/SPEC.md 4.18, over one vector; option 1: its logarithm. The one operation whose last bit may depend on the C library. */
void signwave_softmax(uint32_t record) {
  const u32 x = i32_load(record + 4 * INPUT);
  const u32 y = i32_load(record + 4 * OUTPUT);
  const u32 channels = i32_load(record + 4 * CHANNELS);
  const int is_logarithm = i32_load(record + 4 * OPTION) == 1;
  f64 largest = f32_load(x);
  for (u32 c = 1; c < channels; c++) largest = fmax(largest, f32_load(x + 4 * c));
  f64 sum = 0;
  for (u32 c = 0; c < channels; c++) sum += exp(f32_load(x + 4 * c) - largest);
  for (u32 c = 0; c < channels; c++) {
    const f64 difference = f32_load(x + 4 * c) - largest;
    f32_store(y + 4 * c, (f32)(is_logarithm ? difference - log(sum) : exp(difference) / sum));
  }
}
