/* prepare.c — an image of any size becomes the model's input, bit for bit as Pillow 12 and torchvision make it; a twin of
 * runtime/src/image of signwave, where the arithmetic is explained. */
#include "exact.h"

#include "signwave.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRACTION_BITS 22

/* Which samples make one sample of the result, along one axis. */
struct taps {
  uint32_t first, count;
  int32_t *weights;
};

static double filter(double x) {
  const double a = -0.5, d = fabs(x);
  if (!SIGNWAVE_RESIZE_BICUBIC) return d < 1 ? 1 - d : 0;
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}

/* Weights of sample `out` of `out_size`, made of `in_size`; `exact` and `taps->weights` have room for window_of(...) of them. */
static void find_taps(uint32_t in_size, uint32_t out_size, uint32_t out, double *exact, struct taps *taps) {
  const double scale = (double)in_size / out_size;
  const double stretch = scale > 1 ? scale : 1;
  const double support = (SIGNWAVE_RESIZE_BICUBIC ? 2 : 1) * stretch;
  const double centre = (out + 0.5) * scale;
  const double from = trunc(centre - support + 0.5), to = trunc(centre + support + 0.5);
  const double reciprocal = 1 / stretch;
  double sum = 0;
  taps->first = from > 0 ? (uint32_t)from : 0;
  taps->count = (to < in_size ? (uint32_t)to : in_size) - taps->first;
  for (uint32_t i = 0; i < taps->count; i++) sum += exact[i] = filter((i + taps->first - centre + 0.5) * reciprocal);
  for (uint32_t i = 0; i < taps->count; i++) {
    const double weight = (sum == 0 ? exact[i] : exact[i] / sum) * (1 << FRACTION_BITS);
    taps->weights[i] = (int32_t)(weight < 0 ? weight - 0.5 : weight + 0.5);
  }
}

static size_t window_of(uint32_t in_size, uint32_t out_size) {
  const double scale = (double)in_size / out_size;
  return (size_t)ceil((SIGNWAVE_RESIZE_BICUBIC ? 2 : 1) * (scale > 1 ? scale : 1)) * 2 + 1;
}

/* Room for a * b * c bytes; 0 if there is none, or none could be. */
static uint8_t *allocate(size_t a, size_t b, size_t c) { return a > SIZE_MAX / b / c ? 0 : malloc(a * b * c); }

/* Resize one axis: `outer` times `in_size` times `inner` bytes become `outer` times `out_size` times `inner`. Takes `in`, gives 0 without memory. */
static uint8_t *resize_axis(uint8_t *in, size_t outer, uint32_t in_size, uint32_t out_size, size_t inner) {
  if (in == 0 || in_size == out_size) return in;
  const size_t window = window_of(in_size, out_size);
  struct taps taps = {0, 0, malloc(window * sizeof(int32_t))};
  double *exact = malloc(window * sizeof(double));
  uint8_t *result = allocate(outer, out_size, inner);
  if (taps.weights && exact && result) {
    for (uint32_t x = 0; x < out_size; x++) {
      find_taps(in_size, out_size, x, exact, &taps);
      for (size_t o = 0; o < outer; o++) {
        for (size_t i = 0; i < inner; i++) {
          int32_t sum = 1 << (FRACTION_BITS - 1);
          const uint8_t *from = in + (o * in_size + taps.first) * inner + i;
          for (uint32_t t = 0; t < taps.count; t++) sum += from[t * inner] * taps.weights[t];
          sum >>= FRACTION_BITS;
          result[(o * out_size + x) * inner + i] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
        }
      }
    }
  } else {
    free(result);
    result = 0;
  }
  free(taps.weights);
  free(exact);
  free(in);
  return result;
}

/* Gray or RGB, as the model takes it; Pillow's luma. A new image, or 0 without memory. */
static uint8_t *convert(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels) {
  uint8_t *result = allocate(width, height, SIGNWAVE_CHANNELS);
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

/* Half of a margin, halves to the even neighbour as Python's round. */
static uint32_t half(uint32_t margin) { return margin / 2 + (margin % 4 == 3); }

const char *signwave_prepare(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, uint8_t *image) {
  if (width == 0 || height == 0) return "the image is empty";
  if (channels != 1 && channels != 3) return "the image has neither 1 nor 3 channels";
  uint32_t new_width = SIGNWAVE_WIDTH, new_height = SIGNWAVE_HEIGHT;
  if (SIGNWAVE_RESIZE_SHORTER_SIDE > 0) {
    const double size = SIGNWAVE_RESIZE_SHORTER_SIDE;
    const double longer = width <= height ? size * height / width : size * width / height;
    if (longer > INT32_MAX) return "there is not enough memory for it";
    new_width = (uint32_t)(width <= height ? size : longer);
    new_height = (uint32_t)(width <= height ? longer : size);
    if (new_width < SIGNWAVE_WIDTH || new_height < SIGNWAVE_HEIGHT) return "the model's recipe makes it smaller than the input";
  } else if (!SIGNWAVE_RESIZE_STRETCH && (width != new_width || height != new_height)) {
    return "it has another size than the model's input, and the model's recipe names no resize";
  }
  uint8_t *resized = convert(pixels, width, height, channels);
  resized = resize_axis(resized, height, width, new_width, SIGNWAVE_CHANNELS);
  resized = resize_axis(resized, 1, height, new_height, (size_t)new_width * SIGNWAVE_CHANNELS);
  if (resized == 0) return "there is not enough memory for it";

  const size_t top = half(new_height - SIGNWAVE_HEIGHT), left = half(new_width - SIGNWAVE_WIDTH);
  const size_t row_bytes = (size_t)SIGNWAVE_WIDTH * SIGNWAVE_CHANNELS;
  for (size_t y = 0; y < SIGNWAVE_HEIGHT; y++)
    memcpy(image + y * row_bytes, resized + ((top + y) * new_width + left) * SIGNWAVE_CHANNELS, row_bytes);
  for (size_t i = 0; SIGNWAVE_IS_BGR && i < SIGNWAVE_INPUTS; i += 3) {
    const uint8_t red = image[i];
    image[i] = image[i + 2];
    image[i + 2] = red;
  }
  free(resized);
  return 0;
}
