import type { RasterImage } from '../image/raster.js';

/** The samples of a bitmap; they are exact where it is opaque. */
export function readPixels(bitmap: ImageBitmap): RasterImage {
  const { width, height } = bitmap;
  const context = makeCanvas(width, height).getContext('2d', { willReadFrequently: true }) as
    | OffscreenCanvasRenderingContext2D
    | CanvasRenderingContext2D
    | null;
  if (!context) throw new Error(`no canvas of ${width} x ${height} pixels could be made`);
  context.drawImage(bitmap, 0, 0);
  return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data as Uint8ClampedArray };
}

/**
 * Like {@link readPixels}, but keeps the colour of transparent pixels. A 2D canvas loses it, because it stores colours multiplied by alpha;
 * a texture doesn't.
 *
 * @param bitmap made with `premultiplyAlpha: 'none'`.
 * @throws {Error} without WebGL, or if the image is larger than a texture may be.
 */
export function readTransparentPixels(bitmap: ImageBitmap): RasterImage {
  const { width, height } = bitmap;
  const gl = makeCanvas(1, 1).getContext('webgl') as WebGLRenderingContext | null;
  if (!gl) throw new Error('the colour of transparent pixels takes WebGL, which this browser lacks');
  try {
    const largest = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    if (Math.max(width, height) > largest) throw new Error(`transparent images may have ${largest} pixels a side`);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const data = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
    return { width, height, channels: 4, data };
  } finally {
    gl.getExtension('WEBGL_lose_context')?.loseContext(); // browsers allow few contexts
  }
}

function makeCanvas(width: number, height: number): OffscreenCanvas | HTMLCanvasElement {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}
