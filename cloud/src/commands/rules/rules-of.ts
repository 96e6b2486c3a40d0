import { MingchengError } from "@mingcheng/protocols";
import { loadCloudConfig } from "../../config/cloud-config.ts";
import type { AlertRule } from "../../rules/rule.ts";
import type { RulesOptions } from "./rules-options.ts";

/** The rule file that is meant; null: the built-in rules. @throws {MingchengError} CONFIG_INVALID */
export const rulePath = async ({ rules, config }: RulesOptions): Promise<string | null> => {
  if (rules !== undefined) return rules;
  return config === undefined ? null : (await loadCloudConfig(config)).rules;
};

/** One rule of all, or all. @throws {MingchengError} INPUT_INVALID when there is no such rule */
export const chosenRules = (rules: readonly AlertRule[], id: string | undefined): readonly AlertRule[] => {
  if (id === undefined) return rules;
  const chosen = rules.filter((rule) => rule.id === id);
  if (chosen.length > 0) return chosen;
  throw new MingchengError("INPUT_INVALID", `${id}: ${rules.map((rule) => rule.id).join(", ")}`, { field: "--rule" });
};

const widthOf = (text: string): number =>
  Array.from(text).reduce((width, character) => width + (/[\u1100-\uffdc]/.test(character) ? 2 : 1), 0);

/** Rows in columns; Chinese characters are two wide. */
export const inColumns = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((text, column) => text + " ".repeat((widths[column] ?? 0) - widthOf(text)))
      .join("  ")
      .trimEnd(),
  );
};
