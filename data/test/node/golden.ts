import { readFileSync } from 'node:fs';

/** What make-golden.py wrote: image files with what Pillow makes of them; bytes are base64. */
interface Golden {
  readonly files: readonly {
    readonly name: string;
    readonly file: string;
    readonly width: number;
    readonly height: number;
    readonly rgb: string;
    readonly gray: string;
    /** SHA-256 of the bytes that the trainer's evaluation makes for an input of 12 x 12. */
    readonly evaluated: { readonly rgb: string; readonly gray: string };
  }[];
  readonly prepared: Readonly<Record<string, string>>;
}

export const golden: Golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'));
