import { Argument, InvalidArgumentError, Option } from 'commander';
import { modelPath } from './zoo.js';

/** Parsers of option values. What they refuse is a usage error (exit code 2). */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('Expected a positive number.');
  }
  return value;
}

/** A model, by its file or by `zoo:NAME`; commands get a path. @param name as usage shows it: `<model>`. */
export const modelArgument = (name: string, what = 'model (.sgnw)'): Argument =>
  new Argument(name, `${what}, or zoo:NAME`).argParser(modelPath);

/** Options that several commands have. */
export const jsonOption = (): Option => new Option('--json', 'print one JSON object on stdout instead of text');
export const stateDictOption = (): Option =>
  new Option('--state-dict <path>', 'the state dict to take of a checkpoint that has several: ema, model.teacher');
export const prefixOption = (): Option =>
  new Option('--prefix <text>', 'take only tensors whose names begin like this, without it: model.');
export const limitOption = (what: string): Option =>
  new Option('--limit <n>', `n ${what}, taken evenly over all classes`).argParser(positiveInteger);
export const kernelsOption = (): Option =>
  new Option('--kernels <which>', 'build of the kernels').choices(['auto', 'simd', 'scalar']).default('auto');

/** Parses `auto` or a whole number from 1 up; `load` refuses more threads than there can be. */
function threadCount(text: string): number | 'auto' {
  return text === 'auto' ? text : positiveInteger(text);
}
export const threadsOption = (): Option =>
  new Option('--threads <n>', 'threads that share each inference, or "auto"').argParser(threadCount).default(1);
