import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@mingcheng/source"] },
  ssr: { resolve: { conditions: ["@mingcheng/source"], externalConditions: ["@mingcheng/source"] } },
  test: {
    include: ["{protocols,gateway,cloud,device-sims,dashboards}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    setupFiles: [".ci/property-seed.mjs"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
