import { afterEach, describe, expect, it, vi } from "vitest";
import { outdated, replaced } from "../src/frame/build.ts";

const index = (script: string): string =>
  `<link rel="icon" href="/assets/icon-1.svg" /><script type="module" src="/assets/${script}"></script><link rel="preload" as="fetch" href="/api/v1/live">`;
const loaded = new Set(["/assets/icon-1.svg", "/assets/index-1.js", "/assets/energy-7.css"]);

describe("another build of the page", () => {
  afterEach(() => vi.unstubAllGlobals());
  it("is one with a part that was not loaded", () => expect(replaced(index("index-2.js"), loaded)).toBe(true));
  it("is not the one that runs, whatever else it loaded", () => expect(replaced(index("index-1.js"), loaded)).toBe(false));
  it("is not told by a service that ends while it answers", async () => {
    vi.stubGlobal("fetch", async () => new Response(new ReadableStream({ start: (body) => body.error(new TypeError("network error")) })));
    expect(await outdated()).toBe(false);
  });
  it("is not told by a page of somebody else", () => expect(replaced("<h1>502 Bad Gateway</h1>", loaded)).toBe(false));
});
