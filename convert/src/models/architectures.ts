import type { Architecture } from './architecture.js';
import { RBNN_A32 } from './methods/rbnn.js';
import { binaryNets } from './networks/binarynet.js';
import { birealResnets } from './networks/bireal-resnet.js';
import { birealResnet50 } from './networks/bireal-resnet50.js';
import { bnexts } from './networks/bnext.js';
import { dorefaAlexnets } from './networks/dorefa-alexnet.js';
import { dorefaResnet20s } from './networks/dorefa-resnet20.js';
import { hwgqChains } from './networks/hwgq-chains.js';
import { hwgqResnets } from './networks/hwgq-resnet.js';
import { imagenetResnets } from './networks/imagenet-resnet.js';
import { biperMobilenet } from './networks/mobilenet.js';
import { pcnnResnet18s } from './networks/pcnn-resnet18.js';
import { adamBnnMobilenet, reactNetMobilenet } from './networks/reactnet-mobilenet.js';
import { resnetEs } from './networks/resnet-e.js';
import { resnet18s } from './networks/resnet18.js';
import { biperDemos, resnet20s } from './networks/resnet20.js';
import { vggSmalls } from './networks/vgg-small.js';
import { xnorNetAlexnet } from './networks/xnornet-alexnet.js';
import { xnorNetLenet } from './networks/xnornet-lenet.js';
import { xnorNetNin } from './networks/xnornet-nin.js';

/** All networks that signwave knows. */
export const ARCHITECTURES: readonly Architecture[] = [
  ...resnet20s,
  ...resnet18s,
  ...vggSmalls,
  ...imagenetResnets,
  biperMobilenet,
  ...birealResnets,
  birealResnet50,
  reactNetMobilenet,
  adamBnnMobilenet,
  ...bnexts,
  ...resnetEs,
  xnorNetNin,
  xnorNetLenet,
  xnorNetAlexnet,
  ...binaryNets,
  ...dorefaResnet20s,
  ...dorefaAlexnets,
  ...pcnnResnet18s,
  ...hwgqResnets,
  ...hwgqChains,
  ...biperDemos,
].map((architecture) => (architecture.method === 'rbnn' ? { ...architecture, refusesA32: RBNN_A32 } : architecture));
