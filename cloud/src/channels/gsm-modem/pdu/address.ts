import { gsmText, unpackSeptets } from "../../sms/gsm-alphabet.ts";
import { type PduReader, packDigits, unpackDigits } from "./semi-octets.ts";

/** Type-of-address octets, 3GPP TS 23.040 §9.1.2.5: ISDN numbering plan, international or unknown. */
const internationalIsdn = 0x91;
const typeMask = 0x70;
const international = 0x10;
const alphanumeric = 0x50;

/** An address field of `+` and digits. Its length octet counts digits, §9.1.2.5. */
export const encodeAddress = (number: string): Uint8Array => {
  const digits = number.replace(/\D/gu, "");
  return Uint8Array.from([digits.length, internationalIsdn, ...packDigits(digits)]);
};

/** The centre's own number of the modem's network; none: what is stored on the SIM. Its length octet counts octets, TS 27.005 §3.1. */
export const encodeServiceCentre = (number: string | undefined): Uint8Array => {
  if (number === undefined) return Uint8Array.of(0);
  const digits = packDigits(number.replace(/\D/gu, ""));
  return Uint8Array.from([digits.length + 1, internationalIsdn, ...digits]);
};

/** Reads an address: `+…` for international numbers, bare digits for others, letters for alphanumeric ones. @throws {PduFault} */
export const decodeAddress = (reader: PduReader): string => {
  const semiOctets = reader.octet();
  const type = reader.octet();
  const bytes = reader.bytes(Math.ceil(semiOctets / 2));
  if ((type & typeMask) === alphanumeric) return gsmText(unpackSeptets(bytes, Math.floor((semiOctets * 4) / 7)));
  const digits = unpackDigits(bytes, semiOctets);
  return (type & typeMask) === international ? `+${digits}` : digits;
};
