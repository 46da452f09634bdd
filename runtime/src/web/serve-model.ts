import { load, type Model, type RasterImage, SignwaveError } from '../index.js';
import type { Methods } from './protocol.js';
import { rasterOf } from './raster-of.js';
import { answerCalls, type Port } from './worker-calls.js';

/** Answer the requests that come through a port, one after the other. Each port has a model of its own. */
export function serveModel(port: Port): void {
  let model: Model | undefined;
  const loaded = (): Model => {
    if (!model) throw new SignwaveError('E_DISPOSED', 'the worker has no model yet; load one first');
    return model;
  };
  answerCalls<Methods>(
    port,
    {
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
    },
    (_, value) => (value instanceof Float32Array ? [value.buffer as ArrayBuffer] : []),
  );
}
