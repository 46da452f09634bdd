import { extname } from 'node:path';
import type { Remark } from '../../sets/image-set.js';
import { listNames } from '../../sets/match-classes.js';

/** Names that systems and programs put into folders, besides those that start with a dot. */
const HIDDEN: readonly string[] = ['thumbs.db', 'desktop.ini', '__macosx', '@eadir', '$recycle.bin', 'icon\r'];

/** Whether an entry with this name is nothing that users see as theirs: `.ipynb_checkpoints`, `.DS_Store`, `._x.png`, `Thumbs.db`. */
export function isHidden(name: string): boolean {
  return name.startsWith('.') || HIDDEN.includes(name.toLowerCase());
}

/** Collects what a folder of images has besides the images of its classes. */
export class LeftOut {
  readonly hiddenFolders: string[] = [];
  readonly hiddenFiles: string[] = [];
  /** Files whose names are not those of images. */
  readonly otherFiles: string[] = [];
  /** Images that lie beside the class folders. */
  readonly images: string[] = [];
  readonly brokenLinks: string[] = [];

  /** @param where name of the data set in messages. */
  remarks(where: string): Remark[] {
    const extensions = [...new Set(this.otherFiles.map((name) => extname(name) || name))].sort();
    const lines = [
      counted(this.hiddenFolders, 'hidden folder', 'hidden folders'),
      counted(this.hiddenFiles, 'hidden file', 'hidden files'),
      counted(
        this.otherFiles,
        'file that is no image by its name',
        'files that are no images by their names',
        extensions,
      ),
      counted(this.images, 'image beside the class folders', 'images beside the class folders'),
      counted(this.brokenLinks, 'broken link', 'broken links'),
    ];
    return lines
      .filter((line) => line !== undefined)
      .map((line) => ({ isWarning: false, text: `${where}: left out ${line}` }));
  }
}

function counted(found: readonly string[], one: string, many: string, examples = found): string | undefined {
  if (found.length === 0) return undefined;
  return `${found.length} ${found.length === 1 ? one : many} (${listNames(examples)})`;
}
