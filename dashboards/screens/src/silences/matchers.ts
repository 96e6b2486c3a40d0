/** Labels that every alert has. */
export const silenceLabels = ["rule", "device", "gateway", "site", "severity"] as const;

/** A label and the value it must have. */
export interface Matcher {
  label: string;
  value: string;
}

/** What an address asks to silence; one line to fill in when it asks nothing. */
export const askedMatchers = (query: URLSearchParams): Matcher[] => {
  const asked = silenceLabels.flatMap((label): Matcher[] => {
    const value = query.get(label) ?? "";
    return value === "" ? [] : [{ label, value }];
  });
  return asked.length > 0 ? asked : [{ label: "device", value: "" }];
};
