import type { Graph, GraphNode, MapShape } from '@signwave/format';
import type { FusedGroup } from '../plan/fuse.js';
import type { PlanContext } from '../plan/plan-context.js';

/** How the maps lie in memory that a kernel reads and writes: runtime/assembly/records.ts. */
export type Layout = 'pixels' | 'planes';

/** What rooms accept or refuse. */
export interface ShapedGraph {
  readonly graph: Graph;
  readonly shapes: readonly MapShape[];
  /** Nodes whose float sums may be added in any order: `freeSums`. */
  readonly freeSums: ReadonlySet<number>;
}

/**
 * All there is to know about a way to execute a fused group: one file for each kernel, or for a few that differ in little, with what it
 * accepts, the records that it makes, what they read and write, and how threads share them.
 */
export interface Room {
  readonly layout: Layout;
  /** Whether groups that this room accepts pull their neighbours to its layout. */
  readonly isDecisive?: boolean;
  /** Why it can't execute a fused group, in words; undefined if it can. A room without it executes every group that it is asked for. */
  readonly refusal?: (shaped: ShapedGraph, fused: FusedGroup) => string | undefined;
  /** Add the steps. What the group reads is there, in the layout of the room. */
  readonly plan: (context: PlanContext, fused: FusedGroup) => void;
}

/** The node of a fused group's head, if it has one. */
export function headOf(graph: Graph, fused: FusedGroup): GraphNode | undefined {
  return fused.head === undefined ? undefined : graph.nodes[fused.head];
}

export function isPixel({ height, width }: MapShape): boolean {
  return height * width === 1;
}
