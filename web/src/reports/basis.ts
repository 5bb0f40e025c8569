/** Bought electricity on both bases of scope 2. */

import type { Inventory } from "../api.ts";
import { NONE, three, type Scale } from "../numbers.ts";

export type Basis = "location" | "market";
const BOUGHT = ["energy_import", "electricity"];

/** CO2 [kg]; null where nothing is known. */
export function bases(inventory: Inventory): Record<Basis, number | null> {
  const lines = inventory.lines.filter((line) => line.flow === "bought" && BOUGHT.includes(line.name));
  const known = lines.map((line) => line.kg.CO2 ?? null).filter((kg) => kg !== null);
  return {
    location: known.length > 0 ? known.reduce((sum, kg) => sum + kg, 0) : null,
    market: inventory.market.kg.CO2 ?? null,
  };
}

export function massOf(kg: number | null, scale: Scale): string {
  return kg === null ? NONE : three(kg / scale.divisor);
}
