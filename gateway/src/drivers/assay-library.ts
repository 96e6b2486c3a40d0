import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { type AssayDefinition, assayDefinitionSchema } from "@mingcheng/protocols";
import { parse } from "yaml";

const ending = ".yaml";

/** The folder with the project's assay definitions, wherever the package is installed. */
const folder = (): string =>
  dirname(createRequire(import.meta.url).resolve(`@mingcheng/protocols/assays/gbt-5009-199-2003${ending}`));

let library: ReadonlyMap<string, AssayDefinition> | undefined;

const read = (): ReadonlyMap<string, AssayDefinition> => {
  const files = readdirSync(folder()).filter((file) => file.endsWith(ending));
  return new Map(
    files.map((file) => {
      const definition = assayDefinitionSchema.parse(parse(readFileSync(`${folder()}/${file}`, "utf8")));
      return [definition.id, definition] as const;
    }),
  );
};

/** The assay definitions that come with the project, by id; read once. */
export const assayLibrary = (): ReadonlyMap<string, AssayDefinition> => {
  library ??= read();
  return library;
};
