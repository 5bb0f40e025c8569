/** Where the one-line diagram's nodes stand [px], in columns from the grid to the users. */

import type { Network, Node, NodeKind } from "./network.ts";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  boxes: ReadonlyMap<string, Box>;
  height: number;
}

type Column = readonly NodeKind[];

const COLUMNS: readonly Column[] = [["grid", "park-generation", "park-storage"], ["incomer"], ["transformer"], ["area"], ["generation", "storage"]];
const SHARES: Partial<Record<NodeKind, number>> = { grid: 12, incomer: 15, transformer: 14, area: 37, generation: 16 };
const TALL = 52;
/** Of what shows its CO2 rate under its power. */
const TALLER = 68;
const SPACE = 12;

export function layoutOf(network: Network, width: number): Layout {
  const columns = COLUMNS.filter((column) => nodesOf(network, column).length > 0);
  const gap = Math.min(56, width * 0.055);
  const room = width - gap * (columns.length - 1);
  const total = columns.reduce((sum, column) => sum + shareOf(column), 0);
  const height = Math.max(...columns.map((column) => stack(nodesOf(network, column))));
  const boxes = new Map<string, Box>();
  let x = 0;
  for (const column of columns) {
    const wide = (room * shareOf(column)) / total;
    place(nodesOf(network, column), { x, width: wide, height }, boxes);
    x += wide + gap;
  }
  beside(network, boxes);
  return { boxes, height };
}

function nodesOf(network: Network, column: Column): Node[] {
  return network.nodes.filter((node) => column.includes(node.kind));
}

function shareOf(column: Column): number {
  return SHARES[column[0] ?? "grid"] ?? 0;
}

export function tallOf(kind: NodeKind): number {
  return kind === "grid" || kind === "incomer" || kind === "transformer" ? TALLER : TALL;
}

function stack(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + tallOf(node.kind) + SPACE, -SPACE);
}

/** Spreads a column's nodes evenly over the height. */
function place(nodes: readonly Node[], column: { x: number; width: number; height: number }, boxes: Map<string, Box>): void {
  nodes.forEach((node, i) => {
    const height = tallOf(node.kind);
    const y = (column.height * (i + 0.5)) / nodes.length - height / 2;
    boxes.set(node.id, { x: column.x, y, width: column.width, height });
  });
}

/** What an enterprise has of generation or storage stands level with it; where one has both, they are spread instead. */
function beside(network: Network, boxes: Map<string, Box>): void {
  const owners = network.nodes.filter((node) => node.kind === "generation" || node.kind === "storage").map((node) => node.code);
  if (new Set(owners).size < owners.length) return;
  for (const node of network.nodes) {
    const box = boxes.get(node.id);
    const owner = node.kind === "generation" || node.kind === "storage" ? boxes.get(node.code) : undefined;
    if (box && owner) box.y = owner.y + (owner.height - box.height) / 2;
  }
}

/** From the right edge of one box to the left edge of another, or back from a box on the right. */
export function curve(from: Box, to: Box, shift = 0): string {
  const backwards = from.x > to.x;
  const x1 = backwards ? from.x : from.x + from.width;
  const x2 = backwards ? to.x + to.width : to.x;
  const y1 = from.y + from.height / 2 + shift;
  const y2 = to.y + to.height / 2;
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}
