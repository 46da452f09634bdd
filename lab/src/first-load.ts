// What the page needs before anything is verified or compared. esbuild loads whatever is reached through a package's index at once, and the
// reference, which only the others need, is a part of that. package.json has this entry only for sources: there is none in the package as it
// is published.
export { summarize } from './model-summary.js';
export { randomInput } from './seeded-inputs.js';
