import { SignwaveError } from '@signwave/format';
import type { Model, Prediction } from '@signwave/runtime';
import { SetupError } from './setup-error.js';

/** What an answer holds: the likeliest classes, the probabilities of all classes, or what the network gives. */
export const ANSWERS = ['labels', 'probabilities', 'logits'] as const;
export type AnswerKind = (typeof ANSWERS)[number];

/** An answer to a request, as it is written in one line of JSON. */
export type Answer = { readonly id: string | number } & (
  | { readonly predictions: readonly Prediction[] }
  | { readonly probabilities: readonly number[] }
  | { readonly logits: readonly number[] }
  | { readonly error: { readonly code: string; readonly message: string } }
);

/** @param top how many classes `labels` has. */
export function answerOf(
  model: Model,
  id: string | number,
  output: Float32Array,
  { kind, top }: { readonly kind: AnswerKind; readonly top: number },
): Answer {
  if (kind === 'logits') return { id, logits: Array.from(output) };
  if (kind === 'labels') return { id, predictions: model.rank(output, Math.min(top, model.outputs)) };
  const probabilities = new Array<number>(output.length);
  for (const { index, probability } of model.rank(output, output.length)) probabilities[index] = probability;
  return { id, probabilities };
}

/** @throws what is no {@link SignwaveError}, or is a {@link SetupError}: a mistake of the program or of the machine isn't an answer. */
export function errorAnswer(id: string | number, error: unknown): Answer {
  if (!(error instanceof SignwaveError) || error instanceof SetupError) throw error;
  return { id, error: { code: error.code, message: error.message } };
}
