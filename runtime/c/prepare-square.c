/* prepare-square.c — an image of any size becomes the model's input, bit for bit as larq-zoo makes it: the centre square of 7/8 of the shorter
 * side, resized by TensorFlow 1's bicubic, preprocessed; a twin of signwave's prepareImage, where the arithmetic is explained. */
#include "exact.h"

#include "signwave.h"

#include <math.h>

#include "pixels.h"

enum { TAPS = 4, PLACES = 1024 };

/* The samples that make one sample of the result, along one axis. */
struct taps {
  uint32_t samples[TAPS];
  float weights[TAPS];
};

/* Keys' cubic at a distance. */
static double keys(double d) {
  const double a = -0.75;
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static struct taps find_taps(uint32_t in_size, uint32_t out_size, uint32_t out) {
  const float scale = (float)((double)in_size / out_size);
  const float place = (float)((double)out * scale);
  const double first = floor(place), between = nearbyint((place - first) * PLACES) / PLACES;
  struct taps taps;
  for (int i = 0; i < TAPS; i++) {
    const double sample = first + i - 1;
    taps.samples[i] = sample < 0 ? 0 : sample > in_size - 1 ? in_size - 1 : (uint32_t)sample;
    taps.weights[i] = (float)keys(fabs(i - 1 - between));
  }
  return taps;
}

/* `columns` gets (SIGNWAVE_HEIGHT, side, channels) of a square in an image whose rows are `stride` bytes apart. */
static void resize_columns(const uint8_t *square, uint32_t side, size_t stride, float *columns) {
  const size_t row = (size_t)side * SIGNWAVE_CHANNELS;
  for (uint32_t y = 0; y < SIGNWAVE_HEIGHT; y++) {
    const struct taps taps = find_taps(side, SIGNWAVE_HEIGHT, y);
    for (size_t i = 0; i < row; i++) {
      float sum = 0;
      for (int t = 0; t < TAPS; t++) {
        const float product = square[taps.samples[t] * stride + i] * taps.weights[t];
        sum += product;
      }
      columns[y * row + i] = sum;
    }
  }
}

/* `image` gets (SIGNWAVE_HEIGHT, SIGNWAVE_WIDTH, channels). */
static void resize_rows(const float *columns, uint32_t side, float *image) {
  for (uint32_t x = 0; x < SIGNWAVE_WIDTH; x++) {
    const struct taps taps = find_taps(side, SIGNWAVE_WIDTH, x);
    for (size_t y = 0; y < SIGNWAVE_HEIGHT; y++) {
      for (size_t c = 0; c < SIGNWAVE_CHANNELS; c++) {
        float sum = 0;
        for (int t = 0; t < TAPS; t++) {
          const float product = columns[(y * side + taps.samples[t]) * SIGNWAVE_CHANNELS + c] * taps.weights[t];
          sum += product;
        }
        image[(y * SIGNWAVE_WIDTH + x) * SIGNWAVE_CHANNELS + c] = sum;
      }
    }
  }
}

static const float means[] = SIGNWAVE_MEANS, deviations[] = SIGNWAVE_DEVIATIONS;

const char *signwave_prepare(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, float *image) {
  const char *problem = signwave_refuse(width, height, channels);
  if (problem) return problem;
  const uint32_t shorter = width < height ? width : height, seven_eighths = (uint32_t)((uint64_t)shorter * 7 / 8);
  const uint32_t side = seven_eighths ? seven_eighths : 1;
  uint8_t *converted = signwave_convert(pixels, width, height, channels);
  float *columns = signwave_allocate(SIGNWAVE_HEIGHT, side, SIGNWAVE_CHANNELS, sizeof(float));
  const int is_done = converted && columns;
  if (is_done) {
    const size_t top = (height - side + 1) / 2, left = (width - side + 1) / 2;
    resize_columns(converted + (top * width + left) * SIGNWAVE_CHANNELS, side, (size_t)width * SIGNWAVE_CHANNELS, columns);
    resize_rows(columns, side, image);
    signwave_order(image);
    for (size_t i = 0; i < SIGNWAVE_INPUTS; i++) {
      const float quotient = image[i] / SIGNWAVE_DIVISOR, centred = quotient - means[i % SIGNWAVE_CHANNELS];
      image[i] = centred / deviations[i % SIGNWAVE_CHANNELS];
    }
  }
  free(converted);
  free(columns);
  return is_done ? 0 : SIGNWAVE_NO_MEMORY;
}
