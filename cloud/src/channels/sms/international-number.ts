const separators = /[\s\-()./\u3000]/gu;
const mainland = /^(?:86)?(1[3-9]\d{9})$/u;

const plausible = (digits: string): string | undefined => (/^[1-9]\d{6,14}$/u.test(digits) ? `+${digits}` : undefined);

/**
 * A number in international form (E.164, `+` and 7 to 15 digits), from whatever the register has: `+…` and `00…` stand for
 * themselves, everything else is a number within `country` (`+86`). Of mainland China only mobile numbers: nothing else
 * takes messages there. Undefined for what is no number.
 */
export const internationalNumber = (phone: string, country: string): string | undefined => {
  const compact = phone.normalize("NFKC").replace(separators, "");
  const explicit = /^(?:\+|00)(\d+)$/u.exec(compact)?.[1];
  if (explicit !== undefined && !explicit.startsWith("86")) return plausible(explicit);
  if (explicit === undefined && !/^\d+$/u.test(compact)) return undefined;
  if (explicit !== undefined || country === "+86") {
    const mobile = mainland.exec(explicit ?? compact)?.[1];
    return mobile === undefined ? undefined : `+86${mobile}`;
  }
  return plausible(`${country.slice(1)}${compact.replace(/^0/u, "")}`);
};
