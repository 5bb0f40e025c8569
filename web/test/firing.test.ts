import { afterEach, expect, it, vi } from "vitest";
import { Firing } from "../src/frame/firing.ts";

afterEach(() => vi.unstubAllGlobals());

const alerts = (count: number): Response => Response.json({ alerts: Array.from({ length: count }, () => ({ state: "firing" })) });

it.each([alerts(0), Response.json({}, { status: 503 })])("counts by the newest answer, though an older one comes after it", async (late) => {
  const answers: ((answer: Response) => void)[] = [];
  vi.stubGlobal("fetch", () => new Promise((answer) => answers.push(answer)));
  const firing = new Firing(() => {});
  const asked = [firing.ask(), firing.ask()];
  answers[1]?.(alerts(1));
  await asked[1];
  answers[0]?.(late);
  await asked[0];
  expect(firing.count).toBe(1);
});
