import { describe, expect, it } from "vitest";
import { bodyOf, draftOf, EMPTY, lastDay, openedDraft, stepped, type Step } from "../src/plan/draft.ts";

const zone = "Asia/Shanghai";
const jobs = [{ code: "J1", line: "L1" }];

describe("what this browser wrote", () => {
  it("is read as a list, as it was before, and as a draft", () => {
    const draft = { jobs, rest: { crew: [] }, origin: { code: "tuesday", version: 2, day: "2026-11-24", days: 1 } };
    expect(draftOf(JSON.stringify(jobs))).toEqual({ ...EMPTY, jobs });
    expect(draftOf(JSON.stringify(draft))).toEqual(draft);
  });

  it.each([null, "", "{", "null", "3"])("is empty where it is %j", (text) => expect(draftOf(text)).toEqual(EMPTY));
});

it.each([
  ["2026-11-24", "2026-11-25", "2026-11-24", 1],
  ["2026-11-24", "2026-12-01", "2026-11-24", 7],
  ["2026-11-23T22:00:00Z", "2026-11-24T14:00:00Z", "2026-11-24", 1],
  ["2026-11-23T14:00:00Z", "2026-11-24T16:15:00Z", "2026-11-23", 3],
])("a plan from %s to %s is opened on %s for %d days", (from, to, day, days) => {
  expect(openedDraft({ code: "t", version: 1 }, { from, to, jobs }, zone).origin).toEqual({ code: "t", version: 1, day, days });
});

it("a plan that is kept again says what else it said", () => {
  const plan = { from: "2026-11-24", to: "2026-11-25", name: "Tuesday", base_kw: 350, jobs };
  const again = bodyOf(openedDraft({ code: "t", version: 1 }, plan, zone), "2026-11-24", 1, zone);
  expect(again).toEqual({ ...plan, from: "2026-11-23T16:00:00Z", to: "2026-11-24T16:00:00Z" });
});

it("the last day of a plan is the one before it ends", () => {
  expect([lastDay("2026-11-25", zone), lastDay("2026-11-24T16:15:00Z", zone)]).toEqual(["2026-11-24", "2026-11-25"]);
});

it("what one hold of the pointer does is one step to undo, whatever else is a step of its own", () => {
  const step = (code: string, gesture: number | null): Step => ({ draft: { ...EMPTY, jobs: [{ code, line: "L1" }] }, show: null, by: null, gesture });
  const steps = [step("before", 1), step("dragged", 1), step("keyed", 2), step("added", null), step("removed", null)];
  const past = steps.reduce<Step[]>(stepped, []);
  expect(past.map((one) => one.draft.jobs[0]?.code)).toEqual(["before", "keyed", "added", "removed"]);
});
