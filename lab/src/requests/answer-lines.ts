import type { Model } from '@signwave/runtime';
import { type Answer, type AnswerKind, answerOf, errorAnswer } from './answer.js';
import { parseRequest, type Request, RequestError } from './request.js';
import type { Line } from './split-lines.js';

export interface AnswerOptions {
  readonly kind: AnswerKind;
  /** How many classes an answer of labels has. */
  readonly top: number;
  /** Reads the input of a request. @throws {SignwaveError} which becomes the answer. */
  readonly readInput: (request: Request) => Promise<Uint8Array | Float32Array>;
  /** How many inputs may be read ahead of the one that is computed. */
  readonly ahead: number;
}

/** An input that is ready to run, or what is wrong with its line. */
type Read =
  | { readonly id: string | number; readonly input: Uint8Array | Float32Array }
  | { readonly id: string | number; readonly error: unknown };

/** A line whose input is being read. */
interface Entry {
  readonly done: Promise<void>;
  read?: Read;
}

/**
 * Answers each line of a stream, in the order of the lines. While one input is computed the next ones are read, at most `ahead` of them, so that
 * a producer that is faster than the model waits. An answer doesn't wait for later lines; what is ready at the same time runs as one batch.
 */
export async function* answerLines(
  model: Model,
  lines: AsyncIterator<Line>,
  options: AnswerOptions,
): AsyncGenerator<Answer> {
  const entries: Entry[] = [];
  let next: Promise<IteratorResult<Line>> | undefined = lines.next();
  while (next || entries.length > 0) {
    const [head] = entries;
    const isFull = entries.length >= options.ahead;
    const takesLine: boolean =
      next !== undefined &&
      !isFull &&
      (await Promise.race([next.then(() => true), ...(head ? [head.done.then(() => false)] : [])]));
    if (takesLine) {
      const line: IteratorResult<Line> = (await next)!;
      next = line.done ? undefined : lines.next();
      if (!line.done) entries.push(entryOf(line.value, options));
      continue;
    }
    if (!head) continue;
    await head.done;
    const later = entries.findIndex(({ read }) => !read);
    const ready = entries.splice(0, later < 0 ? entries.length : later).map(({ read }) => read!);
    yield* answersOf(model, ready, options);
  }
}

function entryOf(line: Line, { readInput }: AnswerOptions): Entry {
  let id: string | number = line.number;
  const read = async (): Promise<Read> => {
    try {
      if ('problem' in line) throw new RequestError(id, line.problem);
      const request = parseRequest(line.text, line.number);
      id = request.id;
      return { id, input: await readInput(request) };
    } catch (error) {
      return { id: error instanceof RequestError ? error.id : id, error };
    }
  };
  const entry: Entry = {
    done: read().then((it) => {
      entry.read = it;
    }),
  };
  return entry;
}

function* answersOf(model: Model, ready: readonly Read[], options: AnswerOptions): Generator<Answer> {
  const outputs = model.runBatch(ready.flatMap((it) => ('input' in it ? [it.input] : [])));
  let n = 0;
  for (const it of ready)
    yield 'input' in it ? answerOf(model, it.id, outputs[n++]!, options) : errorAnswer(it.id, it.error);
}
