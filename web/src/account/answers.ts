/** What the service says of people and of whoever asks. */

import type { Schemas } from "../api.ts";

export type Signed = Schemas["Signed"];
export type Door = Schemas["Door"];
export type Presence = Schemas["SessionEntry"];
export type Person = Schemas["PersonEntry"];
export type MadePerson = Schemas["MadePerson"];

/** Roles that people have, in the order of the table of permissions. */
export const ROLES = ["park-administrator", "energy-manager", "enterprise-administrator", "enterprise-user", "integrator", "auditor"] as const;

/** Roles about the whole park. */
export const OF_PARK: readonly string[] = ["park-administrator", "energy-manager", "integrator"];
