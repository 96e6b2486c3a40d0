import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";

interface Schema extends Record<string, unknown> {
  readonly definitions: Readonly<Record<string, { readonly properties?: Record<string, unknown> }>>;
}

/**
 * Where Grafana's published schema says “object” and Grafana itself, like the types of its SDK, means anything: what an
 * override matches (`byName` takes a text) and the value it sets (a unit is a text, decimals are a number).
 */
const anything = [
  ["MatcherConfig", "options"],
  ["DynamicConfigValue", "value"],
] as const;

const schemaOf = (name: string): Schema => {
  const file = new URL(`../../schema/${name}.jsonschema.json`, import.meta.url);
  const schema = JSON.parse(readFileSync(file, "utf8")) as Schema;
  for (const [definition, property] of anything) {
    const properties = schema.definitions[definition]?.properties;
    if (properties !== undefined) properties[property] = {};
  }
  return schema;
};

// Grafana's schemas carry formats and keywords of their own; only what JSON Schema defines is checked.
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });

const compiled = new Map<string, ValidateFunction>();

const validator = (name: string, definition?: string): ValidateFunction => {
  const key = `${name}#${definition ?? ""}`;
  let validate = compiled.get(key);
  if (validate === undefined) {
    const schema = schemaOf(name);
    validate = ajv.compile(definition === undefined ? schema : { ...schema, $ref: `#/definitions/${definition}` });
    compiled.set(key, validate);
  }
  return validate;
};

const faults = (where: string, validate: ValidateFunction, value: unknown): string[] =>
  validate(value)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message = "invalid", params }) =>
          `${where}${instancePath}: ${message} ${JSON.stringify(params)}`,
      );

interface AnyPanel {
  readonly type?: string;
  readonly options?: unknown;
  readonly fieldConfig?: { readonly defaults?: { readonly custom?: unknown } };
}

/** Panel types whose options Grafana publishes a schema for, and whether their fields have settings of their own. */
const panelSchemas: Readonly<Record<string, { readonly hasFieldSettings: boolean }>> = {
  stat: { hasFieldSettings: false },
  bargauge: { hasFieldSettings: false },
  timeseries: { hasFieldSettings: true },
  table: { hasFieldSettings: true },
};

const panelFaults = (panel: AnyPanel, index: number): string[] => {
  const known = panelSchemas[panel.type ?? ""];
  const where = `/panels/${index}`;
  if (known === undefined) return [`${where}/type: no schema for panels of type ${panel.type}`];
  const type = panel.type ?? "";
  const custom = panel.fieldConfig?.defaults?.custom;
  return [
    ...faults(`${where}/options`, validator(type, "Options"), panel.options),
    ...(known.hasFieldSettings && custom !== undefined
      ? faults(`${where}/fieldConfig/defaults/custom`, validator(type, "FieldConfig"), custom)
      : []),
  ];
};

/** What Grafana's own schemas find wrong with a dashboard, each with the place; empty when it is valid. */
export const schemaFaults = (dashboard: unknown): string[] => {
  const own = faults("", validator("dashboard"), dashboard);
  const panels = (dashboard as { readonly panels?: readonly AnyPanel[] }).panels ?? [];
  return [...own, ...panels.flatMap(panelFaults)];
};

/** What Grafana's own schema finds wrong with a playlist. */
export const playlistFaults = (playlist: unknown): string[] => faults("", validator("playlistv1"), playlist);
