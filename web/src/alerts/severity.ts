/** What is worse than what. */

import type { AlertEntry } from "./answers.ts";

export type Severity = AlertEntry["severity"];

const ORDER: readonly Severity[] = ["critical", "warning", "info"];

/** The worst first; what is equally bad stays as it stood. */
export function worstFirst<T>(all: readonly T[], severity: (one: T) => Severity): T[] {
  return [...all].sort((a, b) => ORDER.indexOf(severity(a)) - ORDER.indexOf(severity(b)));
}
