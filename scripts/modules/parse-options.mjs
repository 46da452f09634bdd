import { parseArgs } from 'node:util';

/**
 * Parses the options of a script that takes no arguments.
 *
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} Options
 * @param {readonly string[]} args
 * @param {Options} options
 * @returns {{ values: ReturnType<typeof parseArgs<{ options: Options }>>['values'] } | { problem: string }} what was given, or what is wrong with it in a line.
 */
export function parseOptions(args, options) {
  try {
    return { values: parseArgs({ args: [...args], options }).values };
  } catch (error) {
    return { problem: /** @type {Error} */ (error).message };
  }
}
