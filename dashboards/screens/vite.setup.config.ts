import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import screens from "./vite.config.ts";

/** The gateway's own page: built into the gateway, which serves it with the way to the centre down. */
export default defineConfig({
  ...screens,
  build: {
    ...screens.build,
    outDir: fileURLToPath(new URL("../../gateway/dist/setup-page", import.meta.url)),
    emptyOutDir: true,
    rolldownOptions: { ...screens.build?.rolldownOptions, input: ["setup.html"], output: {} },
  },
});
