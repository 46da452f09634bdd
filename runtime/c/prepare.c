/* prepare.c — an image of any size becomes the model's input, bit for bit as Pillow 12 and torchvision make it; a twin of
 * signwave's prepareImage, where the arithmetic is explained. Only what the crop keeps is computed. */
#include "exact.h"

#include "signwave.h"

#include <math.h>

#include "pixels.h"

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

/* One axis of a resize: `in_size` samples become `out_size`, of which the crop keeps `kept` from `first`. */
struct axis {
  uint32_t in_size, out_size, first, kept;
};

/* The samples `*from` to `*to` - 1 of the input, which the kept ones are made of. */
static void needed_of(const struct axis *axis, double *exact, struct taps *taps, uint32_t *from, uint32_t *to) {
  *from = axis->first;
  *to = axis->first + axis->kept;
  if (axis->in_size == axis->out_size) return;
  find_taps(axis->in_size, axis->out_size, axis->first, exact, taps);
  *from = taps->first;
  find_taps(axis->in_size, axis->out_size, axis->first + axis->kept - 1, exact, taps);
  *to = taps->first + taps->count;
}

/* Make the kept samples of one axis: `result` gets `outer` times `kept` samples of `inner` bytes. `in` has `outer` rows of samples, `stride`
 * bytes apart; the first of a row is sample `origin` of the input. */
static void resize_axis(const uint8_t *in, size_t outer, size_t stride, size_t inner, uint32_t origin, const struct axis *axis, double *exact,
                        struct taps *taps, uint8_t *result) {
  for (uint32_t x = 0; x < axis->kept; x++) {
    if (axis->in_size == axis->out_size) {
      for (size_t o = 0; o < outer; o++)
        memcpy(result + (o * axis->kept + x) * inner, in + o * stride + (axis->first + x - origin) * inner, inner);
      continue;
    }
    find_taps(axis->in_size, axis->out_size, axis->first + x, exact, taps);
    for (size_t o = 0; o < outer; o++) {
      for (size_t i = 0; i < inner; i++) {
        int32_t sum = 1 << (FRACTION_BITS - 1);
        const uint8_t *from = in + o * stride + (taps->first - origin) * inner + i;
        for (uint32_t t = 0; t < taps->count; t++) sum += from[t * inner] * taps->weights[t];
        sum >>= FRACTION_BITS;
        result[(o * axis->kept + x) * inner + i] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
      }
    }
  }
}

/* The part of a resized image that the crop keeps, in `image`: rows first, as Pillow does, and only those that the kept columns are made of.
 * `pixels` has SIGNWAVE_CHANNELS. Gives 0 without memory. */
static int resize_and_crop(const uint8_t *pixels, const struct axis *x, const struct axis *y, uint8_t *image) {
  const size_t window_x = window_of(x->in_size, x->out_size), window_y = window_of(y->in_size, y->out_size);
  const size_t window = window_x > window_y ? window_x : window_y;
  struct taps taps = {0, 0, malloc(window * sizeof(int32_t))};
  double *exact = malloc(window * sizeof(double));
  uint8_t *rows = 0;
  if (taps.weights && exact) {
    uint32_t from, to;
    needed_of(y, exact, &taps, &from, &to);
    rows = signwave_allocate(to - from, x->kept, SIGNWAVE_CHANNELS, 1);
    if (rows) {
      const size_t row_bytes = (size_t)x->in_size * SIGNWAVE_CHANNELS, kept_bytes = (size_t)x->kept * SIGNWAVE_CHANNELS;
      resize_axis(pixels + from * row_bytes, to - from, row_bytes, SIGNWAVE_CHANNELS, 0, x, exact, &taps, rows);
      resize_axis(rows, 1, 0, kept_bytes, from, y, exact, &taps, image);
    }
  }
  const int is_done = rows != 0;
  free(taps.weights);
  free(exact);
  free(rows);
  return is_done;
}

/* Half of a margin, halves to the even neighbour as Python's round. */
static uint32_t half(uint32_t margin) { return margin / 2 + (margin % 4 == 3); }

/* a * b / c, rounded down, in doubles as torchvision computes it. */
static double scaled(uint32_t a, uint32_t b, uint32_t c) { return trunc((double)a * b / c); }

/* The size to which an image is resized before the crop. */
static void resized_size(uint32_t width, uint32_t height, double *new_width, double *new_height) {
  *new_width = SIGNWAVE_WIDTH;
  *new_height = SIGNWAVE_HEIGHT;
  if (SIGNWAVE_RESIZE_STRETCH) return;
  if (!SIGNWAVE_RESIZE_IS_DEFAULT) {
    *new_width = width <= height ? SIGNWAVE_RESIZE_SHORTER_SIDE : scaled(SIGNWAVE_RESIZE_SHORTER_SIDE, width, height);
    *new_height = width <= height ? scaled(SIGNWAVE_RESIZE_SHORTER_SIDE, height, width) : SIGNWAVE_RESIZE_SHORTER_SIDE;
  } else if ((uint64_t)width * SIGNWAVE_HEIGHT <= (uint64_t)height * SIGNWAVE_WIDTH) {
    *new_height = fmax(SIGNWAVE_HEIGHT, scaled(SIGNWAVE_WIDTH, height, width));
  } else {
    *new_width = fmax(SIGNWAVE_WIDTH, scaled(SIGNWAVE_HEIGHT, width, height));
  }
}

const char *signwave_prepare(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, uint8_t *image) {
  const char *problem = signwave_refuse(width, height, channels);
  if (problem) return problem;
  double new_width, new_height;
  resized_size(width, height, &new_width, &new_height);
  if (new_width > INT32_MAX || new_height > INT32_MAX)
    return "it is too long for its width: resized, it would have a side of more than 2^31 - 1 pixels; cut it first";
  if (new_width < SIGNWAVE_WIDTH || new_height < SIGNWAVE_HEIGHT) return "the model's recipe makes it smaller than the input";
  uint8_t *converted = signwave_convert(pixels, width, height, channels);
  if (converted == 0) return SIGNWAVE_NO_MEMORY;
  const uint32_t left = half((uint32_t)new_width - SIGNWAVE_WIDTH), top = half((uint32_t)new_height - SIGNWAVE_HEIGHT);
  const struct axis x = {width, (uint32_t)new_width, left, SIGNWAVE_WIDTH}, y = {height, (uint32_t)new_height, top, SIGNWAVE_HEIGHT};
  const int is_done = resize_and_crop(converted, &x, &y, image);
  free(converted);
  if (!is_done) return SIGNWAVE_NO_MEMORY;
  signwave_order(image);
  return 0;
}
