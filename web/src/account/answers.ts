/** What the service says of people and of whoever asks. */

export interface Signed {
  name: string;
  kind: "person" | "key" | "machine";
  roles: string[];
  permissions: string[];
  areas: string[] | null;
}

export interface Door {
  asks: boolean;
  accounts: boolean;
  provider: string | null;
  who: Signed | null;
}

export interface Presence {
  origin: string;
  browser: string;
  created_at: string;
  last_used_at: string;
}

export interface Person {
  id: number;
  name: string;
  roles: string[];
  areas: string[] | null;
  provider: string | null;
  created_by: string;
  created_at: string;
  password_at: string | null;
  authenticator_at: string | null;
  ended_by: string | null;
  ended_at: string | null;
  sessions: Presence[];
}

export interface MadePerson {
  link: string;
  person: Person;
}

/** Roles that people have, in the order of the table of permissions. */
export const ROLES = ["park-administrator", "energy-manager", "enterprise-administrator", "enterprise-user", "integrator", "auditor"] as const;

/** Roles about the whole park. */
export const OF_PARK: readonly string[] = ["park-administrator", "energy-manager", "integrator"];
