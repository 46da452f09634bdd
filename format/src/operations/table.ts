// The operations of the format. To add one, add its node and its row to the file of its kind.
import { MAPS, type MapNode } from './maps.js';
import type { Rows } from './row.js';
import { SAME_SHAPE, type SameShapeNode } from './same-shape.js';
import { WINDOWS, type WindowNode } from './windows.js';

export type * from './maps.js';
export type * from './same-shape.js';
export type * from './windows.js';

export type GraphNode = SameShapeNode | WindowNode | MapNode;

export const OPERATIONS: Rows<GraphNode> = { ...SAME_SHAPE, ...WINDOWS, ...MAPS };
