import { register } from "node:module";

// Loaded with `--import` into every thread of a centre under test: changes modules while they are loaded.
register("./plant-hooks-entry.js", import.meta.url);
