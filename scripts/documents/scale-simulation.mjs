// A list of images answered by many workers of unequal speed that are ended now and then: what the size of a share costs.

/**
 * @typedef {object} Fleet
 * @property {number} images
 * @property {number} workers at work at the same time, one core each
 * @property {number} shareImages images of a share; the scheduler gives the next share to the worker that is free first
 * @property {number} imageSeconds what an image takes a worker of ordinary speed
 * @property {number} startSeconds from a share's start to its first image: the process, the model, the list
 * @property {number} slowWorkers share of the workers that are slow, 0 to 1
 * @property {number} slowdown how many times as long an image takes them
 * @property {number} failuresPerHour of one worker; its share is lost and is given to the next one that is free
 * @property {number} replaceSeconds until there is another worker in its place
 */

/**
 * @param {Fleet} fleet
 * @param {() => number} random numbers from 0 to 1, without 1
 * @returns {{ hours: number, idealHours: number, startShare: number, lostShare: number, idleShare: number }} hours until the last share is done; hours if the
 *   work were divided evenly and nothing else cost time; and what of the workers' time went into starts, into shares that were lost, and into waiting (for a
 *   replacement, or for the last share).
 */
export function simulate(fleet, random) {
  const { images, workers, shareImages, imageSeconds, startSeconds, failuresPerHour, replaceSeconds } = fleet;
  const slow = Math.round(workers * fleet.slowWorkers);
  const freeAt = new Float64Array(workers);
  let queued = Math.ceil(images / shareImages);
  const rest = images - (queued - 1) * shareImages;
  let [work, starts, lost, end] = [0, 0, 0, 0];
  // The last share of the list may be smaller; it is given first, which changes nothing for the others.
  let size = rest;
  while (queued > 0) {
    const worker = earliest(freeAt);
    const from = /** @type {number} */ (freeAt[worker]);
    const takes = startSeconds + size * imageSeconds * (worker < slow ? fleet.slowdown : 1);
    const failsAfter = failuresPerHour > 0 ? (-Math.log(1 - random()) * 3600) / failuresPerHour : Infinity;
    if (failsAfter < takes) {
      lost += failsAfter;
      freeAt[worker] = from + failsAfter + replaceSeconds;
      continue;
    }
    queued--;
    size = shareImages;
    starts += startSeconds;
    work += takes - startSeconds;
    freeAt[worker] = from + takes;
    end = Math.max(end, from + takes);
  }
  const all = workers * end;
  return {
    hours: end / 3600,
    idealHours: (images * imageSeconds) / (workers - slow + slow / fleet.slowdown) / 3600,
    startShare: starts / all,
    lostShare: lost / all,
    idleShare: (all - work - starts - lost) / all,
  };
}

/** @param {Float64Array} times @returns {number} the index of the least. */
function earliest(times) {
  let best = 0;
  for (let i = 1; i < times.length; i++)
    if (/** @type {number} */ (times[i]) < /** @type {number} */ (times[best])) best = i;
  return best;
}
