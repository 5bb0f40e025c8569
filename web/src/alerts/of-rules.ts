/** A part of the page of alerts that is about the rules: all of them share one answer until it is to be asked anew. */

import { get } from "../api.ts";
import { Asking } from "../parts/asking.ts";
import { turn, type RuleList } from "./answers.ts";

let shared: { turn: string; rules: Promise<RuleList> } | null = null;

/** Asked for once a turn, by whoever comes first; a question that failed is asked anew. */
export function rulesNow(): Promise<RuleList> {
  const now = turn();
  if (shared?.turn === now) return shared.rules;
  const rules = get<RuleList>("/alert-rules");
  shared = { turn: now, rules };
  rules.catch(() => {
    if (shared?.rules === rules) shared = null;
  });
  return rules;
}

export abstract class OfRules extends Asking<RuleList> {
  protected override get question(): string {
    return turn();
  }

  protected override ask(): Promise<RuleList> {
    return rulesNow();
  }
}
