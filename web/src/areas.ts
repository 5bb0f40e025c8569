/** The park's organisation: which part of the park an area belongs to. */

import type { Area } from "./api.ts";

/** The parts of the park side by side: enterprises, and whatever else stands directly under it. */
export function partsOf(areas: readonly Area[]): Area[] {
  const park = parkOf(areas);
  return areas.filter((area) => area.kind === "enterprise" || (park !== undefined && area.parent === park.code));
}

export function parkOf(areas: readonly Area[]): Area | undefined {
  return areas.find((area) => area.kind === "park");
}

/** The part that an area lies in; none for the park itself. */
export function partOf(areas: readonly Area[], code: string): Area | undefined {
  const parts = partsOf(areas);
  const seen = new Set<string>();
  for (let at: string | null = code; at && !seen.has(at); at = areas.find((area) => area.code === at)?.parent ?? null) {
    seen.add(at);
    const part = parts.find((area) => area.code === at);
    if (part) return part;
  }
  return undefined;
}

/** The area itself or the nearest one above it that is among some; none for the park and for those under it alone. */
export function heldBy(areas: readonly Area[], code: string | null, among: readonly string[]): string | null {
  const seen = new Set<string>();
  for (let at: string | null = code; at && !seen.has(at); at = areas.find((area) => area.code === at)?.parent ?? null) {
    if (among.includes(at)) return at;
    seen.add(at);
  }
  return null;
}
