/**
 * Compares the digests of models.
 *
 * @param {readonly import('../src/digests.js').ModelDigests[]} found
 * @param {readonly import('../src/digests.js').ModelDigests[]} wanted
 * @param {{ areFloatsFree?: boolean }} options `areFloatsFree`: logits of models without binary layers may differ (SPEC 4.3)
 * @returns {string[]} what differs, in words
 */
export function compareDigests(found, wanted, { areFloatsFree = false } = {}) {
  /** @type {string[]} */
  const differences = [];
  /**
   * @param {string} what
   * @param {string | number | undefined} a
   * @param {string | number | undefined} b
   */
  const note = (what, a, b) => {
    if (a !== b) differences.push(`${what} is ${a}, expected ${b}`);
  };
  note('the number of models', found.length, wanted.length);
  wanted.forEach((model, i) => {
    const other = found[i];
    if (!other) return;
    note('the model', other.name, model.name);
    note(`${model.name}: input`, other.input, model.input);
    const nodes = new Set([...Object.keys(model.layers), ...Object.keys(other.layers)]);
    for (const node of nodes) note(`${model.name}: bits of node ${node}`, other.layers[node], model.layers[node]);
    if (!areFloatsFree || nodes.size > 0) note(`${model.name}: logits`, other.logits, model.logits);
  });
  return differences;
}
