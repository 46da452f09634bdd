import type { InputNode, Model } from '@signwave/format';
import { PACKED_C_SOURCES } from '../../build/c-sources.js';
import { inflate } from '../inflate.js';
import { modelHeader, modelSource, preparesFloats } from './model-source.js';
import { readmeOf } from './readme.js';
import { recordCalls } from './record-calls.js';

/** The sources that make images of any size the model's input: bytes, or floats. */
const PREPARE = { bytes: 'prepare.c', floats: 'prepare-square.c' } as const;
/** Only models that take images have a use for these. */
const IMAGE_SOURCES: readonly string[] = [...Object.values(PREPARE), 'pixels.h', 'classify.c'];

/**
 * Write a model as C11 for gcc or clang: the kernels, the plan and the weights, a Makefile and, for a model that takes images, an
 * example program. Outputs have the bits of `Model.run` on SIMD kernels.
 *
 * @returns texts by file name, all for one folder.
 * @throws {SignwaveError} `E_ENGINE` if this engine has no SIMD or not enough memory to lay the model out.
 */
export async function exportC(model: Model): Promise<ReadonlyMap<string, string>> {
  const recording = await recordCalls(model);
  const input = model.graph.nodes[0] as InputNode;
  const files = new Map(Object.entries(inlinedSources()));
  if (input.recipe) files.delete(preparesFloats(input) ? PREPARE.bytes : PREPARE.floats);
  else for (const name of IMAGE_SOURCES) files.delete(name);
  files.set('model.h', modelHeader(model, input, recording));
  files.set('model.c', modelSource(model, recording));
  files.set('README.md', readmeOf(model, input, recording));
  return files;
}

/** Unpack the files that runtime/scripts/build-c.mjs packed. */
function inlinedSources(): Record<string, string> {
  return JSON.parse(new TextDecoder().decode(inflate(PACKED_C_SOURCES)));
}
