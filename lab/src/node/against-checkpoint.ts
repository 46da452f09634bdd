import {
  agreesWithTrained,
  type Checkpoint,
  convertCheckpoint,
  describeRecipe,
  type PartOptions,
  type SourceTie,
  smallerWeightsOf,
  trainedFacts,
} from '@signwave/convert';
import { type Graph, type InputNode, type InputRecipe, type Model as ModelFile, writeModel } from '@signwave/format';
import type { Check } from '../index.js';
import { openCheckpointFile } from './checkpoint-file.js';
import { readArch } from './network-file.js';
import { sha256 } from './sha256.js';

/**
 * Converts the checkpoint that a model was made from once more, with the settings that the file records, and compares.
 *
 * @param bytes of the model file.
 * @returns the results, the network as it was trained, and where its inputs lie exactly at a threshold.
 * @throws {SignwaveError} as `openCheckpointFile`, `readArch` and `convertCheckpoint`.
 */
export async function compareCheckpoint(
  path: string,
  options: PartOptions & { readonly arch?: string },
  file: ModelFile,
  bytes: Uint8Array,
): Promise<{ unfolded: Graph; ties: readonly SourceTie[]; checks: Check[] }> {
  const { info, graph } = file;
  const { checkpoint, sources, close } = await openCheckpointFile(path, options);
  try {
    const digest = await sha256(sources);
    const smaller = smallerWeightsOf(graph);
    const isIntegerStem = smaller.stem === 'i16';
    const { model, unfolded, ties } = await convertCheckpoint(checkpoint, {
      writer: info.writer,
      arch: await readArch(options.arch ?? `${info.method}-${info.architecture}`),
      ...(info.omega0 !== undefined && { omega0: info.omega0 }),
      // The original conversion may have overridden checks; here only the bytes are compared.
      override: true,
      smaller,
    });
    // Recipe, labels and names are the user's choice; the weights and what is computed with them come from the checkpoint.
    const again = writeModel({
      info,
      graph: { ...model.graph, nodes: [graph.nodes[0]!, ...model.graph.nodes.slice(1)] },
    });
    return {
      // A 16-bit stem changes the recipe, so the network as it was trained keeps its own.
      unfolded: isIntegerStem ? unfolded : { ...unfolded, nodes: [graph.nodes[0]!, ...unfolded.nodes.slice(1)] },
      ties,
      checks: [
        madeFrom(file, digest),
        ...(isIntegerStem ? [] : recipeCheck(checkpoint, (graph.nodes[0] as InputNode).recipe)),
        convertedAgain(again, bytes),
      ],
    };
  } finally {
    await close();
  }
}

/** Whether a model says that it was made from a file with this SHA-256, or nothing. */
export function madeFrom({ info: { sourceSha256 } }: ModelFile, digest: string): Check {
  return {
    name: 'made from this checkpoint',
    isOk: sourceSha256 === undefined || sourceSha256 === digest,
    detail: `SHA-256 ${digest.slice(0, 16)}...${sourceSha256 === digest ? '' : `, the file says ${sourceSha256 ?? 'nothing'}`}`,
  };
}

/** Whether a model and what was converted again have the same bytes. */
export function convertedAgain(again: Uint8Array, bytes: Uint8Array): Check {
  const isOk = again.length === bytes.length && again.every((byte, i) => byte === bytes[i]);
  return { name: 'converting it again', isOk, detail: isOk ? 'gives the same bytes' : 'gives other bytes' };
}

/** Checks the recipe. If it gives other floats than the network was trained on, every bit is right and every answer wrong. */
function recipeCheck(checkpoint: Checkpoint, recipe: InputRecipe | undefined): Check[] {
  const trained = trainedFacts(checkpoint)?.input.recipe;
  if (!trained || !recipe) return [];
  const isOk = agreesWithTrained(trained, recipe);
  const detail = isOk
    ? 'that of the training'
    : `${describeRecipe(recipe)}; it was trained with ${describeRecipe(trained)}: convert it again`;
  return [{ name: 'input recipe', isOk, detail }];
}
