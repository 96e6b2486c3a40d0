// Which test files are slow, for the order in which they start (longest-first.ts). From the report of a whole run:
//   npx vitest run --reporter=json --outputFile=report.json && node .ci/test-seconds.mjs report.json
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Shorter ones fill the gaps in any order. */
const leastSeconds = 5;

const [report] = process.argv.slice(2);
if (report === undefined) {
  console.error("usage: node .ci/test-seconds.mjs <report of vitest in JSON>");
  process.exit(2);
}
const { testResults } = JSON.parse(readFileSync(report, "utf8"));
const slow = testResults
  .map(({ name, startTime, endTime }) => [
    relative(root, name).replaceAll("\\", "/"),
    Math.round((endTime - startTime) / 1000),
  ])
  .filter(([, seconds]) => seconds >= leastSeconds)
  .toSorted(([a, aSeconds], [b, bSeconds]) => bSeconds - aSeconds || (a < b ? -1 : 1));
writeFileSync(new URL("test-seconds.json", import.meta.url), `${JSON.stringify(Object.fromEntries(slow), null, 2)}\n`);
console.log(`${slow.length} files take ${leastSeconds} s and more.`);
