import { inPageWords } from './words.js';

/** The element with this id, which the page must have. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element as Kind;
}

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

export interface Bar {
  readonly name: string;
  /** Length of the bar, 0 to 1. */
  readonly part: number;
  readonly value: string;
  readonly isFirst?: boolean;
}

/** Rows with a name, a bar and a value. */
export function barsOf(bars: readonly Bar[]): HTMLElement[] {
  return bars.map(({ name, part, value, isFirst = false }) => {
    const fill = make('div', 'fill');
    fill.style.width = `${(100 * part).toFixed(2)}%`;
    const row = make('div', isFirst ? 'bar first' : 'bar');
    row.append(make('span', 'name', name), make('div', 'track', fill), make('span', 'value', value));
    return row;
  });
}

/** Shows an error as the command line does: the code, then what was found, what was expected and what to do. */
export function showError(element: HTMLElement, error: unknown): void {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  element.replaceChildren(make('code', '', code ?? 'a defect, please report it'), inPageWords(message));
  element.hidden = false;
}

export function clearError(element: HTMLElement): void {
  element.hidden = true;
  element.replaceChildren();
}

/** Runs the action of a button or a drop. Its errors are shown in place, and the button is disabled meanwhile. */
export async function attempt(
  place: { readonly error: HTMLElement; readonly status: HTMLElement; readonly button?: HTMLButtonElement | undefined },
  doing: string,
  action: () => Promise<string>,
): Promise<void> {
  const { error, status, button } = place;
  clearError(error);
  status.textContent = doing;
  if (button) button.disabled = true;
  try {
    status.textContent = await action();
  } catch (cause) {
    status.textContent = '';
    showError(error, cause);
  } finally {
    if (button) button.disabled = false;
  }
}

/** Lets files be dropped on an element. */
export function acceptDrops(element: HTMLElement, take: (files: File[]) => void): void {
  element.addEventListener('dragover', (event) => {
    event.preventDefault();
    element.classList.add('over');
  });
  element.addEventListener('dragleave', () => element.classList.remove('over'));
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    element.classList.remove('over');
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

/** Passes on the files of an `<input type=file>`; the same files can be chosen again. */
export function onFiles(input: HTMLInputElement, take: (files: File[]) => void): void {
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = '';
    if (files.length > 0) take(files);
  });
}

export function bytesText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}
