/**
 * A number as mainland providers want it: the 11 digits of a Chinese mobile number, whatever of `+86`, `0086`, spaces and
 * hyphens stands around them. Undefined for everything else.
 */
export const mainlandNumber = (phone: string): string | undefined =>
  /^(?:(?:\+|00)?86)?(1[3-9]\d{9})$/u.exec(phone.replace(/[\s\-()]/gu, ""))?.[1];
