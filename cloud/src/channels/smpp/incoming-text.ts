import { gsmText } from "../sms/gsm-alphabet.ts";
import { type Part, partOf } from "../sms/parted-texts.ts";
import { ucs2Text } from "../sms/ucs2.ts";
import type { DeliverFields } from "./smpp-pdu.ts";

/** What a telephone sent: its text, undefined when it is none, and which part of a longer message it is. */
export interface IncomingText {
  readonly text: string | undefined;
  readonly part?: Part;
}

const withHeader = 0x40;
const [sarReference, sarTotal, sarNumber] = [0x020c, 0x020e, 0x020f];

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/**
 * Text in a data coding, SMPP 3.4 §5.2.19: 0 is the network's own alphabet, nearly everywhere GSM's, one septet an octet;
 * 1 ASCII, 3 Latin-1, 8 UCS-2; 15 is GBK on Chinese networks (YD/T 1123, as in CMPP); 0xF0 and on are GSM's with a
 * message class. Undefined for binary and unknown ones.
 */
const textIn = (dataCoding: number, bytes: Uint8Array): string | undefined => {
  if (dataCoding === 0 || (dataCoding & 0xf4) === 0xf0) return gsmText(bytes);
  if (dataCoding === 1 || dataCoding === 3) return latin1(bytes);
  if (dataCoding === 8) return ucs2Text(bytes);
  return dataCoding === 15 ? new TextDecoder("gb18030").decode(bytes) : undefined;
};

const sarPart = (tags: DeliverFields["tags"]): Part | undefined => {
  const [reference, total, number] = [tags.get(sarReference), tags.get(sarTotal)?.[0], tags.get(sarNumber)?.[0]];
  if (reference?.length !== 2 || total === undefined || number === undefined) return undefined;
  if (number < 1 || number > total) return undefined;
  return { reference: ((reference[0] ?? 0) << 8) | (reference[1] ?? 0), total, number };
};

/** Reads the text of a message. Parts are told by a user data header or by the `sar_` parameters (§5.3.2.22). */
export const readIncoming = ({ esmClass, dataCoding, message, tags }: DeliverFields): IncomingText => {
  const headerOctets = (esmClass & withHeader) === 0 ? 0 : 1 + (message[0] ?? 0);
  const header = message.subarray(1, headerOctets);
  const text = textIn(dataCoding, message.subarray(headerOctets));
  const part = headerOctets > 0 ? partOf(header) : sarPart(tags);
  return part === undefined || part.total < 2 ? { text } : { text, part };
};
