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

void signwave_run_floats(const float *input, float *outputs) {
  memcpy(AT(signwave_plan.staging), input, SIGNWAVE_INPUTS * 4);
  run(signwave_plan.floats_input, outputs);
}

#if SIGNWAVE_HAS_RECIPE
void signwave_run(const signwave_input *image, float *outputs) {
#if SIGNWAVE_RESIZE_CENTRE_SQUARE
  signwave_run_floats(image, outputs);
#else
  memcpy(AT(signwave_plan.staging), image, SIGNWAVE_INPUTS);
  run(signwave_plan.bytes_input, outputs);
#endif
}
#endif
