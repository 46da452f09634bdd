export { writeFileAtomic } from './atomic-write.js';
export {
  fileExists,
  isPlainFile,
  MAX_TEXT_FILE_BYTES,
  openPlainFile,
  readFileBytes,
  readPlainFile,
  systemReason,
} from './file-access.js';
export { makeFolder } from './make-folder.js';
export { decodeImage, readImage } from './read-image.js';
export { type DataSource, openDataset } from './sets/open-dataset.js';
export { itemName, readItem } from './sets/read-item.js';
export { type Scan, scanImages, type Undecodable } from './sets/scan-images.js';
export { isAlive, withTemporary } from './temporary.js';
export { writeFolderAtomic } from './write-folder.js';
