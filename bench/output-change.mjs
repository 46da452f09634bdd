/**
 * How an option of `signwave convert` changes a network's outputs.
 *
 * @param {readonly { predictions: readonly { index: number, logit: number }[] }[]} exact output of `signwave run --json --top N` for the
 *   network
 *   without the option, with N the number of classes: images in some order, each with all its classes, the likeliest first.
 * @param {typeof exact} changed the same for the network with the option, with the images in the same order.
 * @returns {{ images: number, otherFirstClass: number, largestShift: number }} the number of images, how many of them get another first
 *   class,
 *   and the largest change of a logit as a share of the distance between the largest and the smallest logit of its image.
 */
export function outputChange(exact, changed) {
  let otherFirstClass = 0;
  let largestShift = 0;
  for (const [i, { predictions }] of exact.entries()) {
    const others = changed[i].predictions;
    if (predictions[0].index !== others[0].index) otherFirstClass++;
    const logits = new Map(others.map(({ index, logit }) => [index, logit]));
    const range = predictions[0].logit - predictions.at(-1).logit;
    for (const { index, logit } of predictions)
      largestShift = Math.max(largestShift, Math.abs(logits.get(index) - logit) / range);
  }
  return { images: exact.length, otherFirstClass, largestShift };
}
