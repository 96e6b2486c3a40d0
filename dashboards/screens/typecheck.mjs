// Checks the types of the screens, templates included. `vue-tsc` needs a compiler with a JavaScript API, which
// TypeScript 7 has not; the one it gets serves this purpose only.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { run } from "vue-tsc";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
process.argv.push("--noEmit", "--project", "tsconfig.json");
run(createRequire(import.meta.url).resolve("typescript-for-vue/lib/tsc"));
