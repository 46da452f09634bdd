/* pixels.h — what the two kinds of resize begin with: room, and an image with the model's channels. */
#ifndef SIGNWAVE_PIXELS_H
#define SIGNWAVE_PIXELS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Room for a * b * c elements of `size` bytes; 0 if there is none, or none could be. */
static inline void *signwave_allocate(size_t a, size_t b, size_t c, size_t size) {
  return a > SIZE_MAX / size / b / c ? 0 : malloc(a * b * c * size);
}

/* Why signwave_prepare can't begin; 0 if it can. */
static inline const char *signwave_refuse(uint32_t width, uint32_t height, uint32_t channels) {
  if (width == 0 || height == 0) return "the image is empty";
  return channels != 1 && channels != 3 ? "the image has neither 1 nor 3 channels" : 0;
}

#define SIGNWAVE_NO_MEMORY "there is not enough memory for it"

/* Gray or RGB, as the model takes it; Pillow's luma. A new image, or 0 without memory. */
static inline uint8_t *signwave_convert(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels) {
  uint8_t *result = signwave_allocate(width, height, SIGNWAVE_CHANNELS, 1);
  if (result == 0) return 0;
  const size_t count = (size_t)width * height;
  for (size_t i = 0; i < count; i++) {
    const uint8_t *p = pixels + i * channels;
    if (SIGNWAVE_CHANNELS == channels) memcpy(result + i * channels, p, channels);
    else if (SIGNWAVE_CHANNELS == 1) result[i] = (uint8_t)((p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 0x8000) >> 16);
    else memset(result + i * SIGNWAVE_CHANNELS, p[0], SIGNWAVE_CHANNELS);
  }
  return result;
}

/* Red and blue in the model's order. */
static inline void signwave_order(signwave_input *image) {
  for (size_t i = 0; SIGNWAVE_IS_BGR && i < SIGNWAVE_INPUTS; i += 3) {
    const signwave_input red = image[i];
    image[i] = image[i + 2];
    image[i + 2] = red;
  }
}

#endif
