/** Meters arranged for reading: by enterprise, then by the meter upstream. */

import type { Area, Meter } from "../api.ts";

export interface Branch {
  meter: Meter;
  below: Branch[];
}

export interface Group {
  area: Area | null;
  branches: Branch[];
}

/** Groups in the order of the areas; a meter whose upstream meter is elsewhere or filtered out begins a branch. */
export function groupsOf(areas: readonly Area[], meters: readonly Meter[], matches: (meter: Meter) => boolean): Group[] {
  const shown = meters.filter(matches);
  const owners = areas.filter((area) => area.kind === "park" || area.kind === "enterprise");
  const park = owners.find((area) => area.kind === "park");
  const ownerOf = (meter: Meter): Area | null => owners.find((area) => area.code === meter.enterprise) ?? park ?? null;
  const groups = new Map<Area | null, Meter[]>([...owners, null].map((area) => [area, []]));
  for (const meter of shown) groups.get(ownerOf(meter))?.push(meter);
  return [...groups].filter(([, own]) => own.length > 0).map(([area, own]) => ({ area, branches: branchesOf(own) }));
}

/** The meter that stands first in the tree. */
export function firstOf(areas: readonly Area[], meters: readonly Meter[]): Meter | undefined {
  return groupsOf(areas, meters, () => true)[0]?.branches[0]?.meter;
}

function branchesOf(meters: readonly Meter[]): Branch[] {
  const branches = new Map(meters.map((meter) => [meter.code, { meter, below: [] as Branch[] }]));
  const tops: Branch[] = [];
  for (const branch of branches.values()) {
    const above = branch.meter.parent === null ? undefined : branches.get(branch.meter.parent);
    if (above && above !== branch) above.below.push(branch);
    else tops.push(branch);
  }
  return tops;
}
