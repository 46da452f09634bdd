// Where the zoo's files are, and what its list says of each model.
import { readFileSync, writeFileSync } from 'node:fs';
import { zooDocument } from './zoo-document.mjs';

/** Paths from the repository's root. */
const LIST = 'zoo/models.json';
const README = 'zoo/README.md';
/** Of all models together, since git keeps every version of them. */
export const MAX_BYTES = 4_000_000;

/**
 * Of the machine that a model was timed on.
 *
 * @typedef {{ medianMs: number, machine: string }} Time
 */

/**
 * A model of the zoo, as `zoo/models.json` has it.
 *
 * @typedef {{
 *   name: string,
 *   task: string,
 *   data: { format: string, name: string, licence: string },
 *   architecture: string,
 *   method: string,
 *   epochs: number,
 *   file: string,
 *   bytes: number,
 *   sha256: string,
 *   images: number,
 *   hits: number,
 *   trained: { hits: number, ties: number, accuracyInTraining: number },
 *   time?: Time,
 *   licence: string,
 *   config: string,
 *   commands: string[],
 * }} ZooModel
 *   `file` and `config` are paths from the zoo's folder. `hits` are test images that the packed model classifies correctly, of all `images`;
 *   `trained.hits` those of the trained network, which has the same class for every image but `ties`; there its own class depends on the
 *   order in which floats are added.
 */

/** @returns {ZooModel[]} by name. */
export function readList() {
  return JSON.parse(readFileSync(LIST, 'utf8'));
}

/**
 * Writes the list, and the README that is made of it.
 *
 * @param {readonly ZooModel[]} models
 */
export function writeList(models) {
  const sorted = [...models].sort((a, b) => (a.name < b.name ? -1 : 1));
  writeFileSync(LIST, `${JSON.stringify(sorted, null, 2)}\n`);
  writeFileSync(README, zooDocument(sorted));
}
