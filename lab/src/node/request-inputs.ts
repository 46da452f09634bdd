import type { Remark } from '@signwave/data';
import { decodeImage, readImage } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { type Model, prepareImage } from '@signwave/runtime';
import { ImageNotes, inContext, type Request } from '../index.js';
import { ImageFetcher } from './fetch/image-fetcher.js';
import { type InputArray, readInputArray } from './input-array.js';

/** Base64 in groups of four, the last with its padding. Node's own decoder ignores what is no base64. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Reads the inputs of requests for a model. */
export class RequestInputs {
  readonly #model: Model;
  readonly #onRemark: (remark: Remark) => void;
  readonly #notes: ImageNotes;
  readonly #fetcher = new ImageFetcher();
  /** The array that was read last: rows of one file follow each other. */
  #array: { readonly path: string; readonly rows: Promise<InputArray> } | undefined;

  constructor(model: Model, onRemark: (remark: Remark) => void) {
    this.#model = model;
    this.#onRemark = onRemark;
    this.#notes = new ImageNotes(model.input, onRemark);
  }

  /** @throws {SignwaveError} `E_IMAGE`, `E_NPY`, `E_IO`, `E_INPUT_SHAPE` or `E_REQUEST` if there is no such input; a {@link SetupError} if this machine can't have it. */
  async read(request: Request): Promise<Uint8Array | Float32Array> {
    if ('npy' in request) return this.#readRow(request.npy, request.row);
    if ('path' in request) return this.#prepare(await readImage(request.path), request.path);
    if ('url' in request) {
      const { bytes, shown } = await this.#fetcher.fetch(request.url);
      return this.#prepare(await decodeImage(bytes, shown), shown);
    }
    if (!BASE64.test(request.base64)) throw new SignwaveError('E_REQUEST', 'base64: the text is not base64');
    const name = 'the image in base64';
    return this.#prepare(await decodeImage(Buffer.from(request.base64, 'base64'), name), name);
  }

  #prepare(image: Awaited<ReturnType<typeof readImage>>, name: string): Uint8Array | Float32Array {
    const { recipe, height, width } = this.#model.input;
    if (!recipe) {
      throw new SignwaveError(
        'E_INPUT_SHAPE',
        `${this.#model.metadata.name} has no input recipe, by which an image becomes its input: give preprocessed floats (npy)`,
      );
    }
    this.#notes.look(image, name);
    return inContext(name, () => prepareImage(image, recipe, height, width));
  }

  async #readRow(path: string, row: number): Promise<Uint8Array | Float32Array> {
    if (this.#array?.path !== path)
      this.#array = { path, rows: readInputArray(this.#model.input, path, this.#onRemark) };
    const { count, read } = await this.#array.rows;
    if (row >= count) throw new SignwaveError('E_NPY', `${path}: row ${row} was asked for, it has ${count}`);
    return read(row);
  }
}
