/* classify.c — an example: classify binary PPM (or PGM) images of any size.
 *
 *   make && ./classify image.ppm ... */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "signwave.h"

enum { MAX_SIDE = 32768 };

/* The next number of a header and one character after it; 0 if there is none. */
static uint32_t read_number(FILE *file) {
  uint32_t value = 0;
  int c = getc(file);
  for (; isspace(c) || c == '#'; c = getc(file))
    if (c == '#')
      while (c != '\n' && c != EOF) c = getc(file);
  for (; isdigit(c) && value <= MAX_SIDE; c = getc(file)) value = value * 10 + (uint32_t)(c - '0');
  return value;
}

/* The pixels of a binary PPM (3 channels) or PGM (1); 0, and a message, if the file isn't one. */
static uint8_t *read_image(const char *path, uint32_t *width, uint32_t *height, uint32_t *channels) {
  FILE *file = fopen(path, "rb");
  if (file == 0) return perror(path), (uint8_t *)0;
  uint8_t *pixels = 0;
  const int is_netpbm = getc(file) == 'P', kind = getc(file);
  *channels = kind == '6' ? 3 : 1;
  *width = read_number(file);
  *height = read_number(file);
  const uint32_t maximum = read_number(file);
  const uint64_t bytes = (uint64_t)*width * *height * *channels;
  if (!is_netpbm || (kind != '5' && kind != '6') || *width - 1 >= MAX_SIDE || *height - 1 >= MAX_SIDE || maximum != 255) {
    fprintf(stderr,
            "%s: no binary PPM or PGM image of 8 bits a sample and at most %d x %d pixels; convert it first, for example: magick photo.jpg "
            "-depth 8 photo.ppm\n",
            path, MAX_SIDE, MAX_SIDE);
  } else if (bytes > SIZE_MAX || (pixels = malloc((size_t)bytes)) == 0) {
    fprintf(stderr, "%s: there is not enough memory for %u x %u pixels\n", path, (unsigned)*width, (unsigned)*height);
  } else {
    const size_t found = fread(pixels, 1, (size_t)bytes, file);
    if (found != bytes) {
      fprintf(stderr, "%s: %llu bytes of pixels were expected, the file is cut short after %llu\n", path, (unsigned long long)bytes,
              (unsigned long long)found);
      free(pixels);
      pixels = 0;
    }
  }
  fclose(file);
  return pixels;
}

static void print_classes(const float *logits, int count) {
  double sum = 0;
  char shown[SIGNWAVE_OUTPUTS] = {0};
  float largest = logits[0];
  for (int c = 1; c < SIGNWAVE_OUTPUTS; c++) largest = fmaxf(largest, logits[c]);
  for (int c = 0; c < SIGNWAVE_OUTPUTS; c++) sum += exp(logits[c] - largest);
  for (int n = 0; n < count && n < SIGNWAVE_OUTPUTS; n++) {
    int best = -1;
    for (int c = 0; c < SIGNWAVE_OUTPUTS; c++)
      if (!shown[c] && (best < 0 || logits[c] > logits[best])) best = c;
    shown[best] = 1;
    printf("  %5.1f %%  %s\n", 100 * exp(logits[best] - largest) / sum, signwave_labels[best]);
  }
}

int main(int argc, char **argv) {
  static signwave_input image[SIGNWAVE_INPUTS];
  static float logits[SIGNWAVE_OUTPUTS];
  int failures = 0, is_said = 0;
  if (argc < 2) {
    fprintf(stderr, "usage: %s IMAGE.ppm ...\n", argv[0]);
    return 2;
  }
  signwave_load();
  for (int i = 1; i < argc; i++) {
    uint32_t width, height, channels;
    uint8_t *pixels = read_image(argv[i], &width, &height, &channels);
    const char *problem = pixels ? signwave_prepare(pixels, width, height, channels, image) : "";
    free(pixels);
    if (problem) {
      if (*problem) fprintf(stderr, "%s: %ux%u pixels: %s\n", argv[i], (unsigned)width, (unsigned)height, problem);
      failures++;
      continue;
    }
    if (!is_said && SIGNWAVE_RESIZE_IS_DEFAULT && (width != SIGNWAVE_WIDTH || height != SIGNWAVE_HEIGHT)) {
      fprintf(stderr,
              "images of another size than %dx%d are scaled to cover it, then their centre is cut out: the model's recipe names no resize\n",
              SIGNWAVE_WIDTH, SIGNWAVE_HEIGHT);
      is_said = 1;
    }
    signwave_run(image, logits);
    printf("%s\n", argv[i]);
    print_classes(logits, 5);
  }
  return failures ? 1 : 0;
}
