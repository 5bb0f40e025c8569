import { expect, it } from "vitest";
import { cellsOf, jobsOf, quartersOf } from "../src/plan/table.ts";

it("a table of jobs has numbers, lists and quoted cells; what is no number stays as it was written", () => {
  expect(jobsOf('\ufeffcode,line,power_kw,duration_min,after,interruptible\r\n"J 1, a",L1,80,120,,true\nJ2,L1,much,60,"J 1, a;J0",\n\n', String)).toEqual([
    { code: "J 1, a", line: "L1", power_kw: 80, duration_min: 120, interruptible: true },
    { code: "J2", line: "L1", power_kw: "much", duration_min: 60, after: ["J 1, a", "J0"] },
  ]);
});

it("a clock time is one of the plan's first day, and any other stays as it was written", () => {
  expect(jobsOf("code,start,deadline\nJ1,8:30,24:00\nJ2,2026-11-29T08:00:00+08:00,20 h", (clock) => `first day ${clock}`)).toEqual([
    { code: "J1", start: "first day 8:30", deadline: "first day 24:00" },
    { code: "J2", start: "2026-11-29T08:00:00+08:00", deadline: "20 h" },
  ]);
});

it("a quoted cell may hold quotes and line ends", () => expect(cellsOf('a,"b ""c""\nd"\ne')).toEqual([["a", 'b "c"\nd'], ["e"]]));

it.each([[{ duration_min: 50 }, 4], [{ profile_kw: [1, 2] }, 2], [{}, 4]])("%j runs for %d quarter hours", (job, quarters) => {
  expect(quartersOf({ code: "J", line: "L", ...job })).toBe(quarters);
});
