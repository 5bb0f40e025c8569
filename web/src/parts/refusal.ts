/** Why something was not done, in words for whoever did it. */

import { ApiError } from "../api.ts";
import { span, type Words } from "../i18n/words.ts";

export function refusal(error: unknown, words: Words): string {
  if (!(error instanceof ApiError)) return words.unreachableTitle;
  const { problem } = error;
  if (problem.wait) return words.tooOften(span(problem.wait, words.locale === "en" ? "en" : "zh"));
  const named = (problem.errors ?? []).map((one) => `${one.field}: ${one.reason}`);
  return named.join("; ") || error.message;
}
