import { readModel, SignwaveError, sniffKind } from '@signwave/format';
import { describe, expect, test } from 'vitest';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function safetensors(): Uint8Array {
  const json = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const bytes = new Uint8Array(8 + json.length + 4);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(ascii(json), 8);
  return bytes;
}

function tar(): Uint8Array {
  const bytes = new Uint8Array(1024);
  bytes.set(ascii('ustar'), 257);
  return bytes;
}

const convertFirst = '. A checkpoint has to be converted first: signwave convert model.pth -o model.sgnw';

describe('a file of another kind is named for what it is', () => {
  test.each<[kind: string, bytes: Uint8Array]>([
    [`a zip archive${convertFirst}`, ascii('PK\x03\x04\x14\0\0\0\x08\x08')],
    [`an empty zip archive${convertFirst}`, ascii('PK\x05\x06'.padEnd(22, '\0'))],
    [`a safetensors file${convertFirst}`, safetensors()],
    [
      `a PyTorch checkpoint in the legacy format (before PyTorch 1.6)${convertFirst}`,
      ascii('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'),
    ],
    [`a Python pickle${convertFirst}`, ascii('\x80\x04\x95\x00\x00\x00\x00}q')],
    [`a Caffe model${convertFirst}`, ascii('\x0a\x09ResNet-18\xa2\x06\x0a\x0a\x04data')],
    ['an ONNX model', ascii('\x08\x07\x12\x07pytorch\x1a\x051.13')],
    ['an HTML page (a failed download?)', ascii('\n<!DOCTYPE html><html>')],
    ['an HTML page (a failed download?)', ascii('<html lang="en">')],
    [
      'a git-lfs pointer, not the file itself (run "git lfs pull")',
      ascii('version https://git-lfs.github.com/spec/v1\noid sha256:'),
    ],
    ['an empty file', new Uint8Array(0)],
    ['a JSON text', ascii('  {"model": 1}')],
    ['a JSON text', ascii('\xef\xbb\xbf[1, 2, 3, 4]')],
    ['a NumPy array (.npy)', ascii('\x93NUMPY\x01\0v\0')],
    ['a PNG image', ascii('\x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
    ['a JPEG image', ascii('\xff\xd8\xff\xe0\0\x10JFIF')],
    ['an HDF5 file (Keras or MATLAB)', ascii('\x89HDF\r\n\x1a\n')],
    ['a GGUF file', ascii('GGUF\x03\0\0\0')],
    ['a TensorFlow Lite model', ascii('\x1c\0\0\0TFL3')],
    ['a gzip archive', ascii('\x1f\x8b\x08\0\0\0\0\0')],
    ['a tar archive', tar()],
    ['a WebAssembly module', ascii('\0asm\x01\0\0\0')],
    ['an unknown kind of file (it starts with 01 02)', Uint8Array.of(1, 2)],
    ['an unknown kind of file (it starts with 20 00 00 00)', ascii('\x20\0\0\0SGN')],
  ])('%s', (kind, bytes) => {
    let error: unknown;
    try {
      readModel(bytes, 'model.sgnw');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SignwaveError);
    expect(error).toMatchObject({
      code: 'E_FORMAT_KIND',
      message: `model.sgnw is not a signwave model: it is ${kind}`,
    });
  });
});

test('a signwave model is known by its identifier', () => {
  expect(sniffKind(ascii('\x20\0\0\0SGNW'))).toBe('a signwave model (.sgnw)');
});
