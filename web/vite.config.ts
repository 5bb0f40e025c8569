import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "../src/telemetry/web/dist",
    emptyOutDir: true,
    // A data: URL would need a hole in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // A part that comes later is asked for again while it does not; its styles would not be.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    target: "es2022",
    // ECharts comes with the first chart of an analysis, never with the first page.
    chunkSizeWarningLimit: 640,
    // One file for what the first page needs: a browser asks for six at a time, and four of them are answers.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "index", tags: ["$initial"] }] } } },
  },
});
