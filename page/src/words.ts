// Messages of the packages mention options of the command line. On the page these are fields and dropped files.

/** Replacements: phrases first, then the options that are left. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/ \(or name it: --config config\.txt\)/g, ' and drop both together'],
  [
    /\bput the config\.txt that the training wrote beside the checkpoint/g,
    'take the config.txt that the training wrote',
  ],
  [/\bgive the value: --omega0 \S+/g, 'fill in the field “omega0”'],
  [/\bgive --omega0\b/g, 'fill in the field “omega0”'],
  [/\bgive one that fits \(--preprocess\)/g, 'choose one that fits in the field “Input recipe”'],
  [/\bone with --state-dict (\S+)/g, 'one in the field “State dict”: $1'],
  [/\bone with --prefix (\S+)/g, 'one in the field “Prefix”: $1'],
  [/, or insist with --override/g, ''],
  [/--arch (\S+)/g, '$1 as architecture'],
  [/--omega0\b/g, 'the field “omega0”'],
  [/--arch\b/g, 'the field “Architecture”'],
  [/--preprocess\b/g, 'the field “Input recipe”'],
  [/--prefix\b/g, 'the field “Prefix”'],
  [/--labels\b/g, 'the file of labels'],
];

/** An error's message in the page's words. */
export function inPageWords(message: string): string {
  return WORDS.reduce((text, [pattern, words]) => text.replace(pattern, words), message);
}
