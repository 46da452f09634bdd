/* plan.h — how model.c tells signwave.c what to do: which bytes lie in memory at first, and which kernels are called with which records. */
#ifndef SIGNWAVE_PLAN_H
#define SIGNWAVE_PLAN_H

#include <stdint.h>

/* `record` is the address of the kernel's arguments in signwave_memory. */
struct signwave_call {
  void (*kernel)(uint32_t record);
  uint32_t record;
};

/* A stretch of memory that isn't zero. */
struct signwave_stretch {
  uint32_t address;
  uint32_t words;
};

struct signwave_plan {
  /* The words of all stretches, one after the other. */
  const uint32_t *words;
  const struct signwave_stretch *stretches;
  uint32_t stretch_count;
  /* Called once, to expand the weights. */
  const struct signwave_call *load;
  uint32_t load_count;
  /* Called by each run, after one of the two that bring the input from `staging` into its map. */
  const struct signwave_call *steps;
  uint32_t step_count;
  struct signwave_call floats_input;
  /* No kernel, for a model without input recipe. */
  struct signwave_call bytes_input;
  uint32_t staging;
  /* The output map: `pixels` times `channels` floats, `pixel_bytes` apart. */
  uint32_t output;
  uint32_t pixels;
  uint32_t channels;
  uint32_t pixel_bytes;
};

extern const struct signwave_plan signwave_plan;

#endif
