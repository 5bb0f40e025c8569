/** What the service refuses of a plan: of which job, which field. */

import { ApiError } from "../api.ts";
import type { Job } from "./answers.ts";

export interface Wrong {
  job: string;
  field: string;
  value: string;
  reason: string;
}

export function wrongOf(error: unknown, jobs: readonly Job[]): Wrong[] {
  const errors = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  return errors.map((one) => {
    const [, number, field] = /^jobs\.(\d+)\.(.+)$/.exec(one.field) ?? [];
    const job = number === undefined ? "" : (jobs[Number(number)]?.code ?? `#${Number(number) + 1}`);
    return { job, field: field ?? one.field, value: String(one.value ?? ""), reason: one.reason };
  });
}
