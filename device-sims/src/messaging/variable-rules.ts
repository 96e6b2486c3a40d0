/** Why a provider does not take the value of a variable. */
export type VariableFault = "empty" | "too-long" | "link" | "telephone" | "character";

// Written from the providers' pages on templates, not from what the centre leaves out.
const linkPattern = /https?:\/\/|www\.|[a-z0-9-]+\.(?:com|cn|net|org|top|xyz|cc|io|me)(?![a-z0-9])/i;
const telephonePattern = /(?<!\d)(?:1\d{10}|\d{7,})(?!\d)/;
const brokenPattern = /[【】『』「」〖〗★※→①②③●¥☞✓]/;

/** What is wrong with a value, or undefined. Every character counts as one. */
export const variableFault = (value: string, mostChars: number): VariableFault | undefined => {
  if (value === "") return "empty";
  if (Array.from(value).length > mostChars) return "too-long";
  if (linkPattern.test(value)) return "link";
  if (telephonePattern.test(value)) return "telephone";
  return brokenPattern.test(value) ? "character" : undefined;
};
