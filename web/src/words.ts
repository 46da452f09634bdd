// Messages of the packages name the command line's options. On the page the same things are fields and dropped files.

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/ \(or name it: --config config\.txt\)/g, ' and drop both together'],
  [
    /\bput the config\.txt that the training wrote beside the checkpoint/g,
    'take the config.txt that the training wrote',
  ],
  [/(?:give|pass|set|with|the value:)? ?--omega0(?: \d[\d.]*)?/g, ' fill in the field “omega0”'],
  [/(?:give|pass|with)? ?--arch (?:NAME|<name>)/g, ' choose it in the field “Architecture”'],
  [/--arch (\S+?)(?=[\s,;.]|$)/g, '“$1” in the field “Architecture”'],
  [/--arch\b/g, 'the field “Architecture”'],
  [/--preprocess\b/g, 'the field “Input recipe”'],
  [/--labels\b(?: <?\w+>?)?/g, 'a file of labels dropped with it'],
];

/** What an error says, in the page's words. */
export function inPageWords(message: string): string {
  const worded = WORDS.reduce((text, [pattern, words]) => text.replace(pattern, words), message);
  return worded.replace(/ {2,}/g, ' ').replace(/: fill in/g, ': fill in');
}
