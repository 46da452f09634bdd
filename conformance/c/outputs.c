/* outputs.c — runs an exported model for conformance/scripts/check-c.mjs.
 *
 *   outputs bytes|floats < inputs > outputs            runs every input of a file, one after the other
 *   outputs prepare WIDTH HEIGHT CHANNELS < pixels > image
 *   outputs time RUNS < input of bytes                 prints the mean time of a run in nanoseconds */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "signwave.h"

static float input[SIGNWAVE_INPUTS];
static float result[SIGNWAVE_OUTPUTS];

static int run_all(int is_bytes) {
  const size_t bytes = SIGNWAVE_INPUTS * (is_bytes ? 1 : sizeof(float));
  while (fread(input, 1, bytes, stdin) == bytes) {
#if SIGNWAVE_HAS_RECIPE
    if (is_bytes) signwave_run((const signwave_input *)input, result);
    else
#endif
      signwave_run_floats(input, result);
    fwrite(result, sizeof(float), SIGNWAVE_OUTPUTS, stdout);
  }
  return 0;
}

#if SIGNWAVE_HAS_RECIPE
static int prepare(uint32_t width, uint32_t height, uint32_t channels) {
  const size_t bytes = (size_t)width * height * channels;
  uint8_t *pixels = malloc(bytes);
  if (fread(pixels, 1, bytes, stdin) != bytes) return 2;
  static signwave_input image[SIGNWAVE_INPUTS];
  const char *problem = signwave_prepare(pixels, width, height, channels, image);
  free(pixels);
  if (problem) fprintf(stderr, "%s\n", problem);
  else fwrite(image, 1, sizeof image, stdout);
  return problem != 0;
}

static int measure(int runs) {
  struct timespec start, end;
  if (fread(input, 1, SIGNWAVE_INPUTS, stdin) != SIGNWAVE_INPUTS) return 2;
  for (int i = 0; i < runs / 4; i++) signwave_run((const signwave_input *)input, result);
  timespec_get(&start, TIME_UTC);
  for (int i = 0; i < runs; i++) signwave_run((const signwave_input *)input, result);
  timespec_get(&end, TIME_UTC);
  printf("%.0f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / runs);
  return 0;
}
#endif

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  signwave_load();
  if (!strcmp(what, "bytes") || !strcmp(what, "floats")) return run_all(*what == 'b');
#if SIGNWAVE_HAS_RECIPE
  if (!strcmp(what, "prepare") && argc == 5) return prepare((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]));
  if (!strcmp(what, "time") && argc == 3) return measure(atoi(argv[2]));
#endif
  return 2;
}
