/** Why something was not done, in words for whoever did it. */

import { ApiError } from "../api.ts";
import { span, type Words } from "../i18n/words.ts";

/** As a gateway says while the service starts, or the service while its database does. */
const AWAY = [502, 503, 504];

export function refusal(error: unknown, words: Words): string {
  return reasons(error, words, String).join("; ");
}

/** Whether what failed comes by itself: the network, the service or its database was away. */
export function passes(error: unknown): boolean {
  return error instanceof ApiError ? AWAY.includes(error.status) : error instanceof TypeError;
}

/** What the page itself says, or each reason of the service with the field that it is about, said as `told` has it. */
export function reasons(error: unknown, words: Words, told: (said: string) => string): string[] {
  if (!(error instanceof ApiError)) return [error instanceof Error && error.name === "Error" ? error.message : words.unreachableTitle];
  const { wait, errors } = error.problem;
  if (wait) return [words.tooOften(span(wait, words.locale === "en" ? "en" : "zh"))];
  if (!errors?.length) return [told(error.message)];
  return errors.map((one) => `${one.field}: ${told(one.value === null ? one.reason : `${one.reason} (got '${one.value}')`)}`);
}
