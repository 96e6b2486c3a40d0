// `npm run audit`: asks the registry about known weaknesses in what the lock file names. Fails on high and critical ones.
// Where the registry does not answer it says so and ends with 0: a machine without a network is no weakness.
import { spawnSync } from "node:child_process";

const { stdout, stderr } = spawnSync("npm", ["audit", "--json", "--fetch-retries=0", "--fetch-timeout=20000"], {
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
let report;
try {
  report = JSON.parse(stdout);
} catch {
  report = undefined;
}
const counts = report?.metadata?.vulnerabilities;
if (counts === undefined) {
  const why = report?.error?.summary ?? report?.message ?? stderr.trim().split("\n")[0] ?? "";
  console.log(`未审计：软件源没有回答 / not audited, the registry does not answer: ${why}`);
  process.exit(0);
}
for (const [name, { severity, range }] of Object.entries(report.vulnerabilities ?? {})) {
  console.log(`${severity.padEnd(9)} ${name} ${range}`);
}
const { info, low, moderate, high, critical, total } = counts;
console.log(`${total}: critical ${critical}, high ${high}, moderate ${moderate}, low ${low}, info ${info}`);
process.exit(critical + high > 0 ? 1 : 0);
