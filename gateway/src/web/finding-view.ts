import type { SetupCandidate, SetupFinding, SetupOption } from "@mingcheng/protocols";
import { z } from "zod";
import { stepOf, verdictOf, warningOf } from "../commands/detection-text.ts";
import { configurationOf, neededOptions } from "../detect/configuration.ts";
import type { Detected } from "../detect/detect.ts";
import { settingsText } from "../detect/line-settings.ts";
import type { Candidate } from "../detect/rank.ts";
import { type DriverDefinition, drivers } from "../drivers/index.ts";

interface OptionSchema {
  readonly description?: string;
  readonly enum?: readonly unknown[];
}

const textOf = (description: string | undefined, name: string): { zh: string; en: string } => {
  const [zh = name, en = zh] = (description ?? name).split(" / ", 2);
  return { zh, en };
};

/** Options that somebody has to say, with what they may be. */
const optionsOf = (driver: DriverDefinition): readonly SetupOption[] => {
  const schema = z.toJSONSchema(driver.configSchema, { io: "input", unrepresentable: "any" }) as {
    readonly properties?: Readonly<Record<string, OptionSchema>>;
  };
  return Object.entries(neededOptions(driver)).map(([name, value]) => {
    const option = schema.properties?.[name] ?? {};
    const choices = option.enum?.every((choice) => typeof choice === "string") === true ? option.enum : null;
    return { name, text: textOf(option.description, name), value, choices: choices as readonly string[] | null };
  });
};

const candidateView = (candidate: Candidate, detected: Detected, id: string): readonly SetupCandidate[] => {
  const { protocol, score, frames, coverage, damaged, samples } = candidate;
  const driver = drivers.find((known) => known.protocol === protocol);
  if (driver === undefined) return [];
  const { bestAddress: address, finding } = detected;
  return [
    {
      ...{ protocol, score, frames, coverage, damaged, samples },
      name: driver.displayName,
      options: optionsOf(driver),
      configuration: configurationOf([{ id, driver, address, settings: finding.settings }]),
    },
  ];
};

const maxCandidates = 5;

/** What was found at one address, for the set-up page. `suggest` gives an id to a device of a class. */
export const findingView = (
  detected: Detected,
  device: string | null,
  suggest: (deviceClass: string) => string,
): SetupFinding => {
  const { finding, bestAddress } = detected;
  const { address, outcome, settings, equals } = finding;
  const first = drivers.find(({ protocol }) => protocol === finding.candidates[0]?.protocol);
  const suggestedId = device ?? suggest(first?.deviceClass ?? "device");
  return {
    ...{ address, bestAddress, outcome, equals, device, suggestedId },
    verdict: verdictOf(finding),
    next: stepOf(finding),
    warning: warningOf(detected),
    settings: settings === null ? null : settingsText(settings),
    candidates: finding.candidates
      .slice(0, maxCandidates)
      .flatMap((candidate) => candidateView(candidate, detected, suggestedId)),
  };
};
