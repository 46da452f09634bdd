import type { Evidence, Method } from './method.js';

const WORDS: Readonly<Record<Evidence, string>> = {
  code: 'after code',
  paper: 'after the paper',
  abstract: 'an approximation after the abstract',
};

/** What an implementation was written from: "after code: github.com/htqin/IR-Net at f63a590". */
export function restsOn({ evidence, source }: Pick<Method, 'evidence' | 'source'>): string {
  return `${WORDS[evidence]}: ${source}`;
}
