import { load, type Model, type RasterImage, SignwaveError } from '../index.js';
import type { Answer, Methods, Request } from './protocol.js';
import { rasterOf } from './raster-of.js';

/** The part of a worker's global scope, or of a `MessagePort`, that is used. */
export interface Port {
  postMessage(message: Answer, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Request>) => void): void;
}

/** Answer the requests that come through a port, one after the other. Each port has a model of its own. */
export function serveModel(port: Port): void {
  let model: Model | undefined;
  const loaded = (): Model => {
    if (!model) throw new SignwaveError('E_DISPOSED', 'the worker has no model yet; load one first');
    return model;
  };
  const methods: { readonly [Name in keyof Methods]: (...args: Parameters<Methods[Name]>) => unknown } = {
    load: async (bytes, options) => {
      model = await load(bytes, options);
      const { metadata, input, outputs } = model;
      return { metadata, input, outputs, info: model.info() };
    },
    run: (input) => loaded().run(input),
    classify: async (image, topK) => {
      const raster: RasterImage = await rasterOf(image);
      if ('close' in image) image.close(); // this worker's own
      return loaded().classify(raster, topK === undefined ? {} : { topK });
    },
    plan: () => loaded().plan(),
    profile: (input, repeats) => loaded().profile(input, repeats === undefined ? {} : { repeats }),
  };
  let previous = Promise.resolve();
  port.addEventListener('message', ({ data: { id, method, args } }) => {
    previous = previous.then(async () => {
      try {
        const value = await (methods[method] as (...args: unknown[]) => unknown)(...args);
        port.postMessage({ id, value }, value instanceof Float32Array ? [value.buffer as ArrayBuffer] : []);
      } catch (error) {
        const { code, message } = error as SignwaveError;
        port.postMessage({ id, error: { code, message } }, []);
      }
    });
  });
}
