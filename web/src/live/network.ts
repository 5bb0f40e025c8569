/** The one-line diagram as a graph: grid, incomers, transformers, enterprises, their generation and storages. */

import type { Area, Meter, Site } from "../api.ts";
import { parkOf, partOf, partsOf } from "../areas.ts";

export type NodeKind = "grid" | "incomer" | "transformer" | "area" | "generation" | "storage" | "park-generation" | "park-storage";

export interface Node {
  id: string;
  kind: NodeKind;
  /** Meter code, or area code for areas, generation and storages. */
  code: string;
}

export interface Link {
  from: string;
  to: string;
  /** The meters whose power flows along this link; what generation and storages give runs against their meters. */
  meters: string[];
  of: "import" | Given;
}

type Given = "generation" | "storage";

export interface Network {
  nodes: Node[];
  links: Link[];
}

const GRID: Node = { id: "grid", kind: "grid", code: "" };

export function networkOf(areas: readonly Area[], meters: Iterable<Meter>, storages: Site["storages"] = []): Network {
  const power = [...meters].filter((meter) => meter.carrier === "electricity");
  const byCode = new Map(power.map((meter) => [meter.code, meter]));
  const parts = partsOf(areas);
  const common = power.filter((meter) => meter.area === parkOf(areas)?.code && meter.role !== "generation");
  const incomers = common.filter((meter) => meter.role === "boundary");
  const doors = power.filter((meter) => meter.role === "boundary" && parts.some((part) => part.code === meter.area));
  const above = new Set(doors.flatMap((door) => upstream(door, byCode)));
  const transformers = common.filter((meter) => meter.role !== "boundary" && above.has(meter.code));
  const generators = power.filter((meter) => meter.role === "generation");
  const stored = power.filter((meter) => storages.some((one) => one.meter === meter.code));
  return assembled(areas, { incomers, transformers, doors, generators, stored }, byCode);
}

interface Roles {
  incomers: Meter[];
  transformers: Meter[];
  doors: Meter[];
  generators: Meter[];
  stored: Meter[];
}

function assembled(areas: readonly Area[], roles: Roles, byCode: ReadonlyMap<string, Meter>): Network {
  const { incomers, transformers, doors, generators, stored } = roles;
  const feeders = [...incomers, ...transformers].map((meter) => meter.code);
  const feederOf = (meter: Meter): string => upstream(meter, byCode).find((code) => feeders.includes(code)) ?? "grid";
  const ownerOf = (meter: Meter): string => partOf(areas, meter.area)?.code ?? "";
  const links = [
    ...[...incomers, ...transformers].map((meter) => link(feederOf(meter), meter.code, meter.code)),
    ...doors.map((meter) => link(feederOf(meter), meter.area, meter.code)),
    ...[...generators.map((meter) => ["generation", meter] as const), ...stored.map((meter) => ["storage", meter] as const)].map(([of, meter]) => ({
      ...link(`${of}:${ownerOf(meter)}`, ownerOf(meter) || (incomers[0]?.code ?? "grid"), meter.code), of,
    })),
  ];
  return {
    nodes: [
      GRID,
      ...incomers.map((meter) => node("incomer", meter.code)),
      ...transformers.map((meter) => node("transformer", meter.code)),
      ...fed(areas, doors, feederOf, feeders).map((area) => node("area", area.code)),
      ...[...new Set(generators.map(ownerOf))].map((owner) => giver("generation", owner)),
      ...[...new Set(stored.map(ownerOf))].map((owner) => giver("storage", owner)),
    ],
    links: merged(links),
  };
}

/** The parts with a door of their own, in the order of what feeds them, so that lines need not cross. */
function fed(areas: readonly Area[], doors: Meter[], feederOf: (meter: Meter) => string, feeders: string[]): Area[] {
  const rank = (area: Area): number => {
    const door = doors.find((meter) => meter.area === area.code);
    return door ? feeders.indexOf(feederOf(door)) : -1;
  };
  return partsOf(areas)
    .filter((area) => doors.some((meter) => meter.area === area.code))
    .sort((a, b) => rank(a) - rank(b));
}

function giver(kind: Given, owner: string): Node {
  return { id: `${kind}:${owner}`, kind: owner ? kind : `park-${kind}`, code: owner };
}

function node(kind: NodeKind, code: string): Node {
  return { id: code, kind, code };
}

function link(from: string, to: string, meter: string): Link {
  return { from, to, meters: [meter], of: "import" };
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

function upstream(meter: Meter, byCode: ReadonlyMap<string, Meter>): string[] {
  const codes: string[] = [];
  for (let at = meter.parent; at && !codes.includes(at); at = byCode.get(at)?.parent ?? null) codes.push(at);
  return codes;
}
