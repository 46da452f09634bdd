import { parseRecipeJson } from '@signwave/convert';
import { MAX_TEXT_FILE_BYTES, readFileBytes } from '@signwave/data/node';
import type { InputRecipe } from '@signwave/format';

/**
 * Reads what `--preprocess` says: the name of a recipe, a recipe in JSON, or a file with one.
 *
 * @returns the name unchanged, or the recipe.
 * @throws {SignwaveError} `E_USAGE` for JSON that isn't a recipe; `E_IO`.
 */
export async function readPreprocess(text: string): Promise<string | InputRecipe> {
  if (text.trimStart().startsWith('{')) return parseRecipeJson(text, '--preprocess');
  if (!text.endsWith('.json')) return text;
  return parseRecipeJson(new TextDecoder().decode(await readFileBytes(text, 'E_IO', MAX_TEXT_FILE_BYTES)), text);
}
