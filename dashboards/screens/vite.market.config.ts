import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import screens from "./vite.config.ts";

/** The market's public screen: built into the gateway, which serves it with the way to the centre down. */
export default defineConfig({
  ...screens,
  build: {
    ...screens.build,
    outDir: fileURLToPath(new URL("../../gateway/dist/market-page", import.meta.url)),
    emptyOutDir: true,
    rolldownOptions: { ...screens.build?.rolldownOptions, input: ["market.html"], output: {} },
  },
});
