/** Roles and areas as people read them. */

import { named, type Words } from "../i18n/words.ts";
import { store } from "../store.ts";

export function roleName(role: string, words: Words): string {
  const names: Record<string, string> = {
    "park-administrator": words.roleParkAdministrator,
    "energy-manager": words.roleEnergyManager,
    "enterprise-administrator": words.roleEnterpriseAdministrator,
    "enterprise-user": words.roleEnterpriseUser,
    integrator: words.roleIntegrator,
    auditor: words.roleAuditor,
    guest: words.roleGuest,
    push: words.rolePush,
  };
  return names[role] ?? role;
}

export function rolesOf(roles: readonly string[], words: Words): string {
  return roles.map((role) => roleName(role, words)).join(", ");
}

export function areasOf(areas: readonly string[] | null, words: Words): string {
  if (areas === null) return words.everything;
  const known = new Map(store.site?.areas.map((area) => [area.code, area.name]));
  return areas.map((code) => named(known.get(code), store.route.language, code)).join(", ");
}
