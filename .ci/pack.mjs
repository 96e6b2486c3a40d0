// `npm run pack -- <gateway|cloud|device-sims> <directory>`: what runs of one program, and nothing else, in an empty or new
// directory: built files, data files and packages for running. For images and for boxes that build nothing. Needs a build.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** By program: workspaces whose packages it needs, and files beside their `package.json`. */
const programs = {
  gateway: {
    workspaces: ["protocols", "gateway", "dashboards/player"],
    files: [
      "gateway/bin",
      "gateway/dist",
      "gateway/health-rules",
      "gateway/systemd",
      "dashboards/player/dist",
      "dashboards/player/local.html",
      "dashboards/player/player.css",
    ],
  },
  cloud: {
    workspaces: ["protocols", "cloud", "dashboards/grafana"],
    files: [
      ...["cloud/bin", "cloud/dist", "cloud/rules", "cloud/routing", "cloud/register-samples"],
      ...["cloud/health-rules", "cloud/systemd"],
      "dashboards/screens/dist",
      ...["dashboards/grafana/bin", "dashboards/grafana/dist/main.js", "dashboards/grafana/dist/playlist"],
      "dashboards/grafana/playlists",
    ],
  },
  "device-sims": {
    workspaces: ["protocols", "device-sims"],
    files: ["device-sims/bin", "device-sims/dist/src", "device-sims/dist/faults"],
  },
};
/** With the guide: a county without the internet has no other copy, and alerts name their pages. */
const ofAll = ["protocols/dist", "protocols/assays", "docs", "LICENSE"];
/** Not needed to run; pictures of the guide. */
const left = /\.(d\.ts|map|tsbuildinfo)$|\.d\.ts\.map$|\/docs\/.*\.png$/;

const fail = (message) => {
  console.error(message);
  process.exit(2);
};

const [name = "", directory = ""] = process.argv.slice(2);
if (!Object.hasOwn(programs, name) || directory === "") {
  fail(`usage: npm run pack -- <${Object.keys(programs).join("|")}> <directory>`);
}
const target = resolve(directory);
if (existsSync(target) && readdirSync(target).length > 0) fail(`${target}: not empty`);
const { workspaces, files } = programs[name];
const {
  version,
  license,
  engines,
  overrides,
  workspaces: all,
  allowScripts,
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const copy = (path) => {
  const from = join(root, path);
  if (!existsSync(from)) fail(`${path}: not there. Run: npm run build`);
  mkdirSync(dirname(join(target, path)), { recursive: true });
  cpSync(from, join(target, path), { recursive: true, filter: (source) => !left.test(source) });
};

// The lock file speaks of every workspace, so all of them have to be there while packages are installed.
for (const workspace of all) copy(`${workspace}/package.json`);
for (const path of ["package.json", "package-lock.json", ...ofAll, ...files]) copy(path);
const chosen = workspaces.flatMap((workspace) => ["-w", workspace]);
const npm = spawnSync("npm", ["ci", "--omit=dev", "--no-audit", "--no-fund", ...chosen], {
  cwd: target,
  stdio: "inherit",
});
if (npm.status !== 0) process.exit(npm.status ?? 1);

for (const workspace of all) {
  if (workspaces.includes(workspace) || files.some((path) => path.startsWith(`${workspace}/`))) continue;
  rmSync(join(target, workspace), { recursive: true });
}
if (existsSync(join(target, "dashboards")) && readdirSync(join(target, "dashboards")).length === 0)
  rmSync(join(target, "dashboards"), { recursive: true });
rmSync(join(target, "package-lock.json"));
const own = {
  name: `mingcheng-packed-${name}`,
  version,
  private: true,
  license,
  type: "module",
  engines,
  overrides,
  allowScripts,
  workspaces,
};
writeFileSync(join(target, "package.json"), `${JSON.stringify(own, null, 2)}\n`);
for (const workspace of workspaces) {
  const { bin = {} } = JSON.parse(readFileSync(join(target, workspace, "package.json"), "utf8"));
  for (const [command, path] of Object.entries(bin)) {
    const link = join(target, "node_modules/.bin", command);
    rmSync(link, { force: true });
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join("../..", workspace, path), link);
  }
}
console.log(`packed ${name} ${version} into ${target}`);
