// `npm test`: prepares, builds, checks and runs every test; counts and names what was skipped and how to enable it.
// `npm test -- <vitest arguments>` runs a part: the static checks are left out then.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules", ".bin", name);
const strict = process.env.CI === "true";
const selection = process.argv.slice(2);

const step = (title, command, args, options = {}) => {
  const started = Date.now();
  console.log(`\n== ${title}`);
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`== ${title}: ${result.status === 0 ? "ok" : "FAILED"} (${seconds} s)`);
  return result.status ?? 1;
};

const must = (title, command, args) => {
  const status = step(title, command, args);
  if (status !== 0) process.exit(status);
};

must("Debian packages", "bash", [".ci/install-debian-packages.sh"]);
must("build", "npm", ["run", "--silent", "build"]);
if (selection.length === 0)
  must("check: format, lint, boundaries, dead code, types of tests", "npm", ["run", "--silent", "check"]);

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-tests-"));
const report = join(scratch, "vitest.json");
const status = step("tests", bin("vitest"), [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...selection,
]);

let results;
try {
  results = JSON.parse(readFileSync(report, "utf8"));
} catch {
  console.error("The test runner wrote no report: it did not get to its end.");
  process.exit(status || 1);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const skipped = results.testResults.flatMap((file) =>
  file.assertionResults
    .filter((test) => test.status !== "passed" && test.status !== "failed")
    .map((test) => test.fullName),
);
if (skipped.length > 0) {
  console.log(`\nSkipped (${skipped.length}):`);
  for (const name of skipped) console.log(`  - ${name}`);
  console.log("To enable them: sudo bash .ci/install-debian-packages.sh");
}
const broken = results.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.length === 0,
).length;
const failed = results.numFailedTests + broken;
console.log(`\n${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped`);
if (results.numPassedTests === 0) {
  console.error("No test was run.");
  process.exit(1);
}
if (strict && skipped.length > 0) {
  console.error("With CI=true nothing may be skipped.");
  process.exit(1);
}
process.exit(status || (failed > 0 ? 1 : 0));
