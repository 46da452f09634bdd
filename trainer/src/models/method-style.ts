import { METHODS, type Method, type MethodName } from '../methods/index.js';
import type { Place } from '../methods/method.js';
import type { NetworkStyle } from './network-style.js';

/** The networks of BiPer's code, which those of other methods are described by their differences from. */
function biperStyle({ family, precision }: Place): NetworkStyle {
  return {
    order: 'conv-norm-act',
    nonlinearity: precision === '1w1a' ? 'hardtanh' : 'relu',
    skips: family === 'resnet18' ? 'block' : 'conv',
    shortcut: family === 'imagenet-resnet' ? 'conv' : 'average-pad',
    stem: family === 'resnet18' ? 'norm' : 'norm-act',
    stemPool: 'padded',
    tail: family === 'vgg-small' ? 'none' : 'norm',
    normScale: family === 'imagenet-resnet' ? 1e-8 : 1,
    normEpsilon: 1e-5,
    normMomentum: 0.1,
    normIsAffine: true,
    endsWithNorm: false,
    hasBias: false,
  };
}

/** QuickNet's blocks in these terms. What is said about shortcuts, stem and pool doesn't matter there. */
const QUICKNET: NetworkStyle = {
  order: 'conv-act-norm',
  nonlinearity: 'relu',
  skips: 'conv',
  shortcut: 'average-conv',
  stem: 'norm-act',
  stemPool: 'padded',
  tail: 'map-relu',
  normScale: 1,
  normEpsilon: 1e-5,
  normMomentum: 0.1,
  normIsAffine: true,
  endsWithNorm: false,
  hasBias: false,
};

/** The style of a network. @param given where it differs from the method's. */
export function styleOf(place: Place, method: MethodName, given: Partial<NetworkStyle>): NetworkStyle {
  // What a config has in its "network" is refused for it, so nothing given is left out here.
  if (place.family === 'quicknet') return QUICKNET;
  return { ...biperStyle(place), ...(METHODS[method] as Method).style(place), ...given };
}
