/* signwave.h — run the model of this folder. Its sizes and labels are in model.h.
 *
 * The memory is static: one model in a program, one run at a time. Nothing is allocated, and nothing can fail. */
#ifndef SIGNWAVE_H
#define SIGNWAVE_H

#include <stdint.h>

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bring the model into memory. To be called once, before the first run. */
void signwave_load(void);

#if SIGNWAVE_HAS_RECIPE
/* Run an image of the model's size.
 *
 * image: SIGNWAVE_INPUTS elements (height, width, channels), as signwave_prepare makes them
 * outputs: SIGNWAVE_OUTPUTS floats, usually logits */
void signwave_run(const signwave_input *image, float *outputs);

/* Make such an image of one of any size, as the model's recipe says: gray or RGB, resize, crop the centre, order of channels. The bytes are
 * Pillow's and torchvision's. Where the recipe names no resize, an image of another size becomes the smallest one of its shape that covers
 * the model's input (bilinear), before the crop. Where SIGNWAVE_RESIZE_CENTRE_SQUARE, the floats are larq-zoo's, preprocessed.
 *
 * pixels: bytes (height, width, channels), channels 1 (gray) or 3 (RGB)
 * image: SIGNWAVE_INPUTS elements
 * returns 0, or a message that says why it can't be done */
const char *signwave_prepare(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, signwave_input *image);
#endif

/* Run floats that are preprocessed already.
 *
 * input: SIGNWAVE_INPUTS floats (height, width, channels) */
void signwave_run_floats(const float *input, float *outputs);

#ifdef __cplusplus
}
#endif

#endif
