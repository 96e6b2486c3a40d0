/** A PDU that a modem was handed, as the network reads it. */
export interface ReadSubmit {
  /** `+` and digits, or digits. */
  readonly to: string;
  readonly text: string;
  readonly part: { readonly reference: number; readonly total: number; readonly number: number } | null;
  readonly wantsReport: boolean;
  /** Empty: the one on the SIM. */
  readonly serviceCentre: string;
}

/** The network's own name for why it does not take a PDU: `+CMS ERROR: 304`, invalid PDU mode parameter. */
export class BadSubmit extends Error {}

/** Takes hexadecimal pairs from the front of a text. */
class Pairs {
  #left: string;

  constructor(hex: string) {
    if (!/^(?:[0-9A-Fa-f]{2})*$/.test(hex)) throw new BadSubmit("not hexadecimal");
    this.#left = hex;
  }

  take(pairs: number): string {
    const taken = this.#left.slice(0, pairs * 2);
    if (taken.length < pairs * 2) throw new BadSubmit("too short");
    this.#left = this.#left.slice(pairs * 2);
    return taken;
  }

  number(): number {
    return Number.parseInt(this.take(1), 16);
  }

  get pairsLeft(): number {
    return this.#left.length / 2;
  }
}

const swapped = (hex: string): string => hex.replace(/(.)(.)/g, "$2$1").replace(/f$/i, "");

const numberIn = (type: string, hex: string): string => {
  const digits = swapped(hex);
  if (!/^\d+$/.test(digits)) throw new BadSubmit("a number of other things than digits");
  return type === "91" ? `+${digits}` : digits;
};

const ucs2In = (hex: string): string => {
  if (hex.length % 4 !== 0) throw new BadSubmit("half a character");
  return (hex.match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join("");
};

/**
 * Reads SMS-SUBMIT with the service centre in front, as 3GPP TS 23.040 §9.2.2.2 and TS 27.005 §3.1 have it, strictly: only
 * UCS-2, nothing too much, nothing too little. Written from the standard, apart from what the centre encodes with.
 * @throws {BadSubmit}
 */
export const readSubmit = (hex: string, announcedBytes: number): ReadSubmit => {
  const pairs = new Pairs(hex);
  const centrePairs = pairs.number();
  const centre = pairs.take(centrePairs);
  if (pairs.pairsLeft !== announcedBytes) throw new BadSubmit(`${pairs.pairsLeft} octets, ${announcedBytes} announced`);
  const flags = pairs.number().toString(2).padStart(8, "0");
  // From the left: reply path, header, status report, two of validity, reject duplicates, two of the message type.
  if (flags.slice(6) !== "01") throw new BadSubmit("no SMS-SUBMIT");
  const [hasHeader, wantsReport, validity] = [flags[1] === "1", flags[2] === "1", flags.slice(3, 5)];
  pairs.take(1);
  const digits = pairs.number();
  const type = pairs.take(1);
  const to = numberIn(type, pairs.take(Math.ceil(digits / 2)));
  if (to.replace("+", "").length !== digits) throw new BadSubmit("the number has another length");
  pairs.take(1);
  if (pairs.take(1) !== "08") throw new BadSubmit("not UCS-2");
  pairs.take(validity === "10" ? 1 : validity === "00" ? 0 : 7);
  const length = pairs.number();
  if (length > 140 || length !== pairs.pairsLeft)
    throw new BadSubmit(`${pairs.pairsLeft} octets of text, ${length} said`);
  let part: ReadSubmit["part"] = null;
  if (hasHeader) {
    const header = new Pairs(pairs.take(pairs.number()));
    if (header.take(2) !== "0003") throw new BadSubmit("an unknown header");
    part = { reference: header.number(), total: header.number(), number: header.number() };
  }
  const serviceCentre = centrePairs === 0 ? "" : numberIn(centre.slice(0, 2), centre.slice(2));
  return { to, text: ucs2In(pairs.take(pairs.pairsLeft)), part, wantsReport, serviceCentre };
};
