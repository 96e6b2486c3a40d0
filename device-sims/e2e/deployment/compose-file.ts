import { parse } from "yaml";
import { z } from "zod";

const texts = z.union([z.string().transform((text) => text.split(" ")), z.array(z.string())]);

const serviceSchema = z.looseObject({
  image: z.string().optional(),
  build: z.looseObject({ context: z.string(), dockerfile: z.string() }).optional(),
  entrypoint: texts.optional(),
  command: texts.optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z
    .union([z.array(z.string()), z.record(z.string(), z.unknown()).transform((networks) => Object.keys(networks))])
    .optional(),
  network_mode: z.string().optional(),
  profiles: z.array(z.string()).default([]),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  restart: z.string().optional(),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
});

const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});

/** A service as written, its anchors followed. */
export type ComposeService = z.output<typeof serviceSchema>;

/** A compose file as far as it is compared with the repository. */
export type ComposeFile = z.output<typeof composeSchema>;

/** The file as data, anchors and merges followed. */
export const composeData = (text: string): unknown => parse(text, { merge: true });

/** The file in the shape in which it is compared. @throws {z.ZodError} where it has another one */
export const readCompose = (text: string): ComposeFile => composeSchema.parse(composeData(text));

/** `${NAME:-default}` → its name and its default. */
export const variablesIn = (text: string): { readonly name: string; readonly fallback: string }[] =>
  [...text.matchAll(/\$\{(\w+)(?::-([^}]*))?\}/g)].map(([, name = "", fallback = ""]) => ({ name, fallback }));

/** A text with the defaults of its variables. */
export const withDefaults = (text: string): string =>
  text.replaceAll(/\$\{\w+(?::-([^}]*))?\}/g, (_all, value) => value ?? "");

/** One entry of `volumes`. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/** `source:target[:ro]`, variables with their defaults. */
export const mountsOf = ({ volumes }: ComposeService): Mount[] =>
  volumes.map((entry) => {
    const [source = "", target = ""] = withDefaults(entry).split(":");
    return { source, target };
  });
