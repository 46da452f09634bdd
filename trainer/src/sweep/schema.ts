import * as v from 'valibot';
import { about, optional, text } from '../config/schema.js';

// The shape of a sweep file. What its runs train is checked by the schema of configs. trainer/scripts/write-config-schema.mjs makes
// sweep.schema.json of this.

const object = v.record(v.string(), v.unknown());
/** Begins the name of a folder. */
const patchName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.+-]{0,59}$/, 'a name of up to 60 letters, digits, ".", "_", "+" and "-"'),
);

export const SWEEP = v.strictObject({
  $schema: optional('Schema that an editor checks this file by; signwave doesn’t read it.', text),
  base: about(
    'The config that all runs share, or the path of its file, seen from the folder of this one. It may lack what the runs set.',
    v.union([text, object]),
  ),
  grid: optional(
    'Values of config keys, such as "stages.1.learningRate": [0.1, 0.05]; null leaves the key out. There is a run for each combination, and the last key changes first.',
    v.record(text, v.pipe(v.array(v.unknown()), v.minLength(1))),
  ),
  patches: optional(
    'Changes by name, each laid over the base as JSON Merge Patch (RFC 7396) does it: null removes a key. There is a run for each, and with a grid one for each of its combinations.',
    v.record(patchName, object),
  ),
});

export type WrittenSweep = v.InferOutput<typeof SWEEP>;
