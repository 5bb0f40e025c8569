/** The park's organisation: which part of the park an area belongs to. */

import type { Area } from "./api.ts";

/** The parts of the park side by side: enterprises, and whatever else stands directly under it, or under nothing that is shown. */
export function partsOf(areas: readonly Area[]): Area[] {
  const park = parkOf(areas);
  const top = (area: Area): boolean => (park ? area.parent === park.code : !areas.some((other) => other.code === area.parent));
  return areas.filter((area) => area.kind === "enterprise" || top(area));
}

/** The area that is looked at; whoever does not see the park looks at the first of theirs where none of them is chosen. */
export function lookedAt(areas: readonly Area[], chosen: string | null): string | null {
  if (parkOf(areas) || areas.some((area) => area.code === chosen)) return chosen;
  return partsOf(areas)[0]?.code ?? chosen;
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
