import { intakeOpenApi } from "./open-api.ts";

/** The OpenAPI document of the intake, as it is committed. */
export const generated = (): { path: string; text: string }[] => [
  { path: "docs/intake.openapi.json", text: `${JSON.stringify(intakeOpenApi(), null, 2)}\n` },
];
