import { homedir } from 'node:os';
import { SignwaveError } from '@signwave/format';

/** `~` or `~/...`, alone or after what keeps a shell from seeing it: `FORMAT:`, `--option=`, `-o`. */
const HOME = /^(--[\w-]+=|-\w)?([\w-]+:)?~(?=$|[/\\])/;

/**
 * Put the home folder in the place of a `~` that the shell has left: in `cifar10:~/data`, `--labels=~/labels.txt`, in
 * quotes, on Windows, in a file. `./~` still is a file of this name.
 *
 * @returns the text as it is if it has no such `~`; `~other` isn't expanded.
 * @throws {SignwaveError} `E_USAGE` if this user has no home folder.
 */
export function expandHome(text: string): string {
  return text.replace(HOME, (_, option = '', format = '') => `${option}${format}${homeFolder()}`);
}

function homeFolder(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new SignwaveError('E_USAGE', 'there is no home folder to put in the place of "~"; write the path in full', {
      cause,
    });
  }
}
