/** A table of jobs as people keep it: comma separated, with the fields' names as its head. */

import type { Job } from "./answers.ts";

const NUMBERS = ["duration_min", "power_kw", "energy_kwh", "setup_min", "crew"];
const LISTS = ["after", "profile_kw"];

const TIMES = ["start", "earliest", "deadline"];

/** What stands in the rows, a clock time as `at` has it; what is no number stays text, and the service says so by job and field. */
export function jobsOf(text: string, at: (clock: string) => string): Job[] {
  const [head = [], ...rows] = cellsOf(text.replace(/^\ufeff/, ""));
  return rows.filter((row) => row.some((cell) => cell.trim() !== "")).map((row) => jobOf(head, row, at));
}

function jobOf(head: readonly string[], row: readonly string[], at: (clock: string) => string): Job {
  const job: Record<string, unknown> = {};
  head.forEach((name, i) => {
    const cell = (row[i] ?? "").trim();
    if (cell !== "") job[name.trim()] = valueOf(name.trim(), cell, at);
  });
  return job as Job;
}

function valueOf(name: string, cell: string, at: (clock: string) => string): unknown {
  if (TIMES.includes(name) && /^\d?\d:\d\d$/.test(cell)) return at(cell);
  if (LISTS.includes(name)) return cell.split(";").map((part) => (name === "profile_kw" ? numberOf(part.trim()) : part.trim()));
  if (name === "interruptible") return cell === "true" || cell === "1" ? true : cell === "false" || cell === "0" ? false : cell;
  return NUMBERS.includes(name) ? numberOf(cell) : cell;
}

function numberOf(text: string): number | string {
  const value = Number(text);
  return text !== "" && Number.isFinite(value) ? value : text;
}

/** Quoted cells may hold commas, line ends and doubled quotes. */
export function cellsOf(text: string): string[][] {
  const rows: string[][] = [[""]];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] ?? "";
    const row = rows.at(-1) ?? [];
    if (quoted && sign === '"' && text[i + 1] === '"') {
      row[row.length - 1] += '"';
      i++;
    } else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === ",") row.push("");
    else if (!quoted && sign === "\n") rows.push([""]);
    else if (quoted || sign !== "\r") row[row.length - 1] += sign;
  }
  return rows;
}

export const QUARTER_MS = 900_000;

/** How long a job runs [quarter hours]. */
export function quartersOf(job: Job): number {
  if (Array.isArray(job.profile_kw)) return job.profile_kw.length;
  return typeof job.duration_min === "number" && job.duration_min > 0 ? Math.ceil(job.duration_min / 15) : 4;
}
