/** The one-line diagram as a graph: grid, incomers, transformers, enterprises and their generation. */

import type { Area, Meter } from "../api.ts";

export type NodeKind = "grid" | "incomer" | "transformer" | "area" | "generation" | "park-generation";

export interface Node {
  id: string;
  kind: NodeKind;
  /** Meter code, or area code for areas and generation. */
  code: string;
}

export interface Link {
  from: string;
  to: string;
  /** The meters whose power flows along this link; generation runs against the arrow of import. */
  meters: string[];
  generation: boolean;
}

export interface Network {
  nodes: Node[];
  links: Link[];
}

const GRID: Node = { id: "grid", kind: "grid", code: "" };
const NOWHERE = { parent: null };

export function networkOf(areas: readonly Area[], meters: Iterable<Meter>): Network {
  const power = [...meters].filter((meter) => meter.carrier === "electricity" && meter.role !== "check");
  const park = areas.find((area) => area.kind === "park");
  const byCode = new Map(power.map((meter) => [meter.code, meter]));
  const common = power.filter((meter) => meter.area === park?.code && meter.role !== "generation");
  const incomers = common.filter((meter) => meter.role === "boundary");
  const doors = power.filter((meter) => meter.role === "boundary" && kindOf(areas, meter.area) === "enterprise");
  const transformers = common.filter(
    (meter) => meter.role !== "boundary" && doors.some((door) => upstream(door, byCode).includes(meter.code)),
  );
  return assembled(areas, incomers, transformers, doors, power, byCode);
}

function assembled(
  areas: readonly Area[],
  incomers: Meter[],
  transformers: Meter[],
  doors: Meter[],
  power: Meter[],
  byCode: ReadonlyMap<string, Meter>,
): Network {
  const feeders = new Set([...incomers, ...transformers].map((meter) => meter.code));
  const feederOf = (meter: Pick<Meter, "parent">): string => upstream(meter, byCode).find((code) => feeders.has(code)) ?? "grid";
  const generators = power.filter((meter) => meter.role === "generation");
  const owners = unique(generators.map((meter) => ownerOf(meter, areas)));
  const order = transformers.map((meter) => meter.code);
  const feederRank = (area: Area): number => order.indexOf(feederOf(doors.find((door) => door.area === area.code) ?? NOWHERE));
  const enterprises = areas
    .filter((area) => area.kind === "enterprise")
    .sort((a, b) => feederRank(a) - feederRank(b));
  return {
    nodes: [
      GRID,
      ...incomers.map((meter) => node("incomer", meter.code)),
      ...transformers.map((meter) => node("transformer", meter.code)),
      ...enterprises.map((area) => node("area", area.code)),
      ...owners.map((code) => generation(code, areas)),
    ],
    links: merged([
      ...[...incomers, ...transformers].map((meter) => link(feederOf(meter), meter.code, meter.code)),
      ...doors.map((meter) => link(feederOf(meter), ownerOf(meter, areas), meter.code)),
      ...generators.map((meter) => ({
        ...link(`pv:${ownerOf(meter, areas)}`, busOf(meter, areas, incomers), meter.code),
        generation: true,
      })),
    ]),
  };
}

function generation(code: string, areas: readonly Area[]): Node {
  const kind = kindOf(areas, code) === "enterprise" ? "generation" : "park-generation";
  return { id: `pv:${code}`, kind, code };
}

function node(kind: NodeKind, code: string): Node {
  return { id: code, kind, code };
}

function link(from: string, to: string, meter: string): Link {
  return { from, to, meters: [meter], generation: false };
}

function merged(links: Link[]): Link[] {
  const byEnds = new Map<string, Link>();
  for (const one of links) {
    const key = `${one.from}\n${one.to}`;
    const known = byEnds.get(key);
    if (known) known.meters.push(...one.meters);
    else byEnds.set(key, one);
  }
  return [...byEnds.values()];
}

function upstream(meter: Pick<Meter, "parent">, byCode: ReadonlyMap<string, Meter>): string[] {
  const codes: string[] = [];
  for (let at = meter.parent; at && !codes.includes(at); at = byCode.get(at)?.parent ?? null) codes.push(at);
  return codes;
}

function kindOf(areas: readonly Area[], code: string): Area["kind"] | undefined {
  return areas.find((area) => area.code === code)?.kind;
}

function ownerOf(meter: Meter, areas: readonly Area[]): string {
  return meter.enterprise ?? areas.find((area) => area.kind === "park")?.code ?? meter.area;
}

/** Park-owned generation feeds in at the first incomer, an enterprise's at the enterprise. */
function busOf(meter: Meter, areas: readonly Area[], incomers: Meter[]): string {
  return meter.enterprise ? ownerOf(meter, areas) : (incomers[0]?.code ?? "grid");
}

function unique(codes: string[]): string[] {
  return [...new Set(codes)];
}
