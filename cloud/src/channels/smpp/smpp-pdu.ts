/** Command ids, SMPP 3.4 issue 1.2 §5.1.2.1. A response has the highest bit set. */
export const command = {
  genericNack: 0x80000000,
  bindTransceiver: 0x00000009,
  submitSm: 0x00000004,
  deliverSm: 0x00000005,
  unbind: 0x00000006,
  enquireLink: 0x00000015,
  alertNotification: 0x00000102,
} as const;

const responseBit = 0x80000000;

/** The id of the response to a command. */
export const responseTo = (id: number): number => (id | responseBit) >>> 0;

/** True for responses, `generic_nack` among them. */
export const isResponse = (id: number): boolean => id >= responseBit;

/** One protocol data unit, §3.2: its header in numbers, its body as bytes. */
export interface Pdu {
  readonly id: number;
  /** Always 0 in requests. */
  readonly status: number;
  /** 1 to 0x7FFFFFFF; a response has that of its request. */
  readonly sequence: number;
  readonly body: Uint8Array;
}

export const headerBytes = 16;

/** The octets of a unit. */
export const encodePdu = ({ id, status, sequence, body }: Pdu): Uint8Array => {
  const bytes = new Uint8Array(headerBytes + body.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of [bytes.length, id, status, sequence].entries()) view.setUint32(index * 4, value);
  bytes.set(body, headerBytes);
  return bytes;
};

const nothing = new Uint8Array();

/** A unit without body: `enquire_link`, `unbind`, and most responses. */
export const bare = (id: number, sequence: number, status = 0): Pdu => ({ id, status, sequence, body: nothing });

const text = (value: string): number[] => [...Buffer.from(value, "latin1"), 0];

/** Who signs in, §4.1.5. */
export interface BindFields {
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
}

const interfaceVersion = 0x34;

/** Body of `bind_transceiver`: version 3.4, no address range. */
export const bindBody = ({ systemId, password, systemType }: BindFields): Uint8Array =>
  Uint8Array.from([...text(systemId), ...text(password), ...text(systemType), interfaceVersion, 0, 0, ...text("")]);

/** An address with its type of number and numbering plan, §5.2.5 and §5.2.6. */
export interface Address {
  readonly ton: number;
  readonly npi: number;
  readonly digits: string;
}

/** A message to send, §4.4.1. */
export interface SubmitFields {
  readonly source: Address;
  readonly destination: Address;
  /** §5.2.17: 1 asks for a delivery receipt, whatever becomes of the message. */
  readonly registeredDelivery: 0 | 1;
  /** §5.2.19: 8 is UCS-2. */
  readonly dataCoding: number;
  readonly message: Uint8Array;
}

/** Octets that `short_message` takes. §4.4.1 allows 254, networks take 140 in one piece. */
const mostShortBytes = 140;
const payloadTag = 0x0424;

const addressBytes = ({ ton, npi, digits }: Address): number[] => [ton, npi, ...text(digits)];

/**
 * Body of `submit_sm`: for now, without expiry of its own. What one short message cannot hold goes along whole as
 * `message_payload` (§5.3.2.32), and the centre of the network cuts it.
 */
export const submitBody = (fields: SubmitFields): Uint8Array => {
  const { source, destination, registeredDelivery, dataCoding, message } = fields;
  const isShort = message.length <= mostShortBytes;
  const length = message.length;
  return Uint8Array.from([
    // service_type; esm_class, protocol_id, priority_flag; the two times; the rest up to sm_length
    ...[...text(""), ...addressBytes(source), ...addressBytes(destination), 0, 0, 0, ...text(""), ...text("")],
    ...[registeredDelivery, 0, dataCoding, 0],
    ...(isShort
      ? [length, ...message]
      : [0, payloadTag >> 8, payloadTag & 0xff, length >> 8, length & 0xff, ...message]),
  ]);
};

/** Reads a body from left to right. @throws {RangeError} when it ends too early */
class BodyReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get rest(): number {
    return this.#bytes.length - this.#at;
  }

  bytes(count: number): Uint8Array {
    if (count > this.rest) throw new RangeError("the body is too short");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  octet(): number {
    return this.bytes(1)[0] ?? 0;
  }

  pair(): number {
    return (this.octet() << 8) | this.octet();
  }

  /** C-octet string of at most `most` octets with its end. */
  text(most: number): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0 || end - this.#at >= most) throw new RangeError("a text has no end");
    return Buffer.from(this.bytes(end - this.#at + 1).subarray(0, -1)).toString("latin1");
  }

  address(): Address {
    return { ton: this.octet(), npi: this.octet(), digits: this.text(21) };
  }

  /** Optional parameters, §3.2.4: those that are whole. */
  tags(): ReadonlyMap<number, Uint8Array> {
    const tags = new Map<number, Uint8Array>();
    while (this.rest >= 4) {
      const [tag, length] = [this.pair(), this.pair()];
      if (length > this.rest) break;
      tags.set(tag, this.bytes(length));
    }
    return tags;
  }
}

/** A message, or a receipt, that comes in, §4.6.1. */
export interface DeliverFields {
  readonly source: Address;
  readonly esmClass: number;
  readonly dataCoding: number;
  /** `short_message`, or `message_payload` where there is one. */
  readonly message: Uint8Array;
  readonly tags: ReadonlyMap<number, Uint8Array>;
}

/** Reads the body of `deliver_sm`. @throws {RangeError} when it is damaged */
export const readDeliver = (body: Uint8Array): DeliverFields => {
  const reader = new BodyReader(body);
  reader.text(6);
  const source = reader.address();
  reader.address();
  const esmClass = reader.octet();
  reader.bytes(2);
  reader.text(17);
  reader.text(17);
  reader.bytes(2);
  const dataCoding = reader.octet();
  reader.octet();
  const short = reader.bytes(reader.octet());
  const tags = reader.tags();
  return { source, esmClass, dataCoding, tags, message: short.length > 0 ? short : (tags.get(payloadTag) ?? short) };
};

/** The id that the other side gave a message, from the body of `submit_sm_resp`, §4.4.2; empty when it gave none. */
export const readMessageId = (body: Uint8Array): string => {
  if (body.length === 0) return "";
  const end = body.indexOf(0);
  return Buffer.from(body.subarray(0, Math.min(end < 0 ? body.length : end, 64))).toString("latin1");
};
