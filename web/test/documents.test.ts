import { expect, test } from "vitest";
import { firings, fromText, textOf, triedFields, type Document } from "../src/alerts/documents.ts";

const RULE: Document = { kind: "limit", code: "c", name: { en: "n", zh: "n" }, where: {}, above: "6300 kW", below: null, stages: [0.8, 1], hold: 60 };

test("a trial turns on what is the rule's own", () => {
  expect(triedFields(RULE)).toEqual(["above", "below", "stages", "hold"]);
});

test("fields go back as the document has them", () => {
  expect(fromText(textOf(RULE["above"]), RULE["above"])).toBe("6300 kW");
  expect(fromText("", null)).toBeNull();
  expect(fromText("0.7, 0.9", RULE["stages"])).toEqual([0.7, 0.9]);
  expect(fromText("90", 60)).toBe(90);
});

test("an alert goes from its first change to its end", () => {
  const change = { id: "", rule: "c", subject_kind: "meter", severity: "warning", stage: 1, limit: 5, unit: "kW", flapping: false, corrected: false, quiet: "", band: "", by: "", note: "", more: {} } as const;
  const changes = [
    { ...change, alert: "a", subject: "m", what: "fired", at: "t1", value: 7 },
    { ...change, alert: "b", subject: "k", what: "fired", at: "t2", value: 8 },
    { ...change, alert: "a", subject: "m", what: "resolved", at: "t3", value: 2 },
  ] as unknown as Parameters<typeof firings>[0];
  expect(firings(changes).map(({ subject, since, until, value }) => [subject, since, until, value])).toEqual([["m", "t1", "t3", 7], ["k", "t2", null, 8]]);
});
