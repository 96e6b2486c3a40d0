// `npm run gen`: writes every generated file again. With `--check` it writes nothing and fails where a file differs.
// Each generator is a module with `generated(): { path, text }[]` (paths relative to the repository). Needs a build.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const generators = [
  "device-sims/dist/src/generate/error-page.js",
  "device-sims/dist/src/generate/licences.js",
  "device-sims/dist/src/generate/vectors.js",
  "gateway/dist/config/generate.js",
  "gateway/dist/device-pages/generate.js",
  "gateway/dist/intake/generate.js",
  "cloud/dist/config/generate.js",
  "cloud/dist/register/sample/generate.js",
  "cloud/dist/timeseries/generate.js",
  "dashboards/grafana/dist/generate.js",
];

const check = process.argv.includes("--check");
let different = 0;
for (const generator of generators) {
  const { generated } = await import(pathToFileURL(join(root, generator)).href);
  for (const { path, text } of await generated()) {
    const file = join(root, path);
    const present = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    if (present === text) continue;
    different++;
    if (check) {
      console.error(`${path} is not what its generator writes. Run: npm run gen`);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
process.exit(check && different > 0 ? 1 : 0);
