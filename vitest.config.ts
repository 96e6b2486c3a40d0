import { defineConfig } from "vitest/config";
import { LongestFirst } from "./.ci/longest-first.ts";

export default defineConfig({
  resolve: { conditions: ["@mingcheng/source"] },
  ssr: { resolve: { conditions: ["@mingcheng/source"], externalConditions: ["@mingcheng/source"] } },
  test: {
    exclude: ["**/node_modules/**", "**/dist/**"],
    setupFiles: [".ci/property-seed.mjs"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Tests of whole programs wait for real processes. A machine that was too slow once is not a broken promise and
    // is asked again (the report says so); a failed assertion never is.
    retry: { count: 1, condition: /not within \d+ ms|(?:Test|Hook) timed out|Timeout \d+ms exceeded/ },
    projects: [
      {
        extends: true,
        test: { name: "programs", include: ["{gateway,cloud,device-sims,dashboards}/**/*.test.ts"] },
      },
      // Pure code, no I/O, no state: its tests share a process, which is quicker than one for each file.
      { extends: true, test: { name: "protocols", include: ["protocols/**/*.test.ts"], isolate: false } },
    ],
  },
});
