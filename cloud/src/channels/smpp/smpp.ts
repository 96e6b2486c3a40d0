import { MingchengError } from "@mingcheng/protocols";
import type { Channel, ChannelDefinition, ChannelPorts, Delivery, Outgoing } from "../channel.ts";
import { aboutChannel } from "../channel-name.ts";
import { readChannelFile } from "../http/secret-file.ts";
import { inWords } from "../in-words.ts";
import { internationalNumber } from "../sms/international-number.ts";
import { ownText } from "../sms/own-text.ts";
import { Turns } from "../sms/turns.ts";
import { ucs2Bytes } from "../sms/ucs2.ts";
import { commonVerdicts, deliveryOf, type Verdict } from "../sms/verdict.ts";
import { plainId } from "./message-id.ts";
import { SmppInbox } from "./smpp-inbox.ts";
import { type Down, refusedAgainMs, SmppLink } from "./smpp-link.ts";
import { command, readMessageId, type SubmitFields, submitBody } from "./smpp-pdu.ts";
import { type Answer, SmppSession } from "./smpp-session.ts";
import { type SmppSettings, settingsFault, smppSettings } from "./smpp-settings.ts";
import { type SmppStatus, smppStatus } from "./smpp-status.ts";

const ucs2 = 8;
const isdn = 1;
const [international, national] = [1, 2];

const readPassword = async (path: string): Promise<string> => {
  const field = "channels.passwordFile";
  const password = (await readChannelFile(path, field)).replace(/[\r\n]+$/u, "");
  // The standard has 8 characters and an end; many networks give out longer ones and take them.
  if (/^[\x20-\x7e]{1,64}$/u.test(password)) return password;
  throw new MingchengError(
    "CHANNEL_INVALID",
    `${path} 中没有密码：应为一行，1 至 64 个字符 / ${path} does not hold a password: one line of 1 to 64 characters`,
    {
      field,
    },
  );
};

const fieldsOf = (own: SmppSettings, phone: string, text: string): SubmitFields => {
  const isInternational = own.numberForm === "international";
  const digits = isInternational ? phone.slice(1) : phone.slice(own.country.length);
  return {
    source: { ton: own.sourceTon, npi: own.sourceNpi, digits: own.source },
    destination: { ton: own.destinationTon ?? (isInternational ? international : national), npi: isdn, digits },
    registeredDelivery: own.receipts ? 1 : 0,
    dataCoding: ucs2,
    message: ucs2Bytes(text),
  };
};

/** What a refused sign-in means for a message: nothing goes to it; what passes by itself is tried again with the next one. */
const signingIn = (verdict: SmppStatus): Verdict =>
  verdict.kind === "busy" || verdict.kind === "limit"
    ? { ...verdict, retryAfterMs: refusedAgainMs }
    : { ...verdict, kind: "setup" };

const unreached = ({ reason, code }: Down): Delivery =>
  code === undefined
    ? { type: "failed", outcome: inWords(reason), lost: false }
    : deliveryOf(smppStatus(code).name, signingIn(smppStatus(code)));

const outcomeOf = (answer: Answer, receipts: boolean): Delivery => {
  if (answer.type === "unsent") return unreached(answer);
  if (answer.type === "lost") return { type: "failed", outcome: inWords(answer.reason), lost: true };
  const verdict = smppStatus(answer.status);
  const id = plainId(readMessageId(answer.body));
  return deliveryOf(verdict.name, verdict, answer.status === 0 && receipts && id !== "" ? id : undefined);
};

const open = async (own: SmppSettings, ports: ChannelPorts): Promise<Channel> => {
  const fault = settingsFault(own);
  if (fault !== undefined) {
    throw new MingchengError("CHANNEL_INVALID", aboutChannel(own.name, fault.message), {
      field: `channels.${fault.field}`,
    });
  }
  const password = await readPassword(own.passwordFile);
  const ca = own.caFile === undefined ? undefined : await readChannelFile(own.caFile, "channels.caFile");
  const inbox = new SmppInbox({ channel: own.name, ports, messageIds: own.messageIds });
  const link = new SmppLink({
    ...{ channel: own.name, ports, host: own.host, port: own.port, tls: own.tls ? { ca } : null },
    bind: { systemId: own.systemId, password, systemType: own.systemType },
    ...{ timeoutMs: own.timeoutMs, enquireLinkMs: own.enquireLinkMs },
    onDeliver: (deliver) => inbox.take(deliver),
  });
  const turns = new Turns(own.window);

  const submit = async (phone: string, { message }: Outgoing, signal: AbortSignal): Promise<Delivery> => {
    const session = await link.session();
    if (!(session instanceof SmppSession)) return unreached(session);
    const body = submitBody(fieldsOf(own, phone, ownText(message, own)));
    const delivery = outcomeOf(await session.request(command.submitSm, body, signal), own.receipts);
    if (delivery.type === "sent" && delivery.receiptId !== undefined) inbox.expect(delivery.receiptId);
    return delivery;
  };

  return {
    name: own.name,
    reach: "person",
    send: async (outgoing, signal) => {
      if (outgoing.recipient === null) return deliveryOf("recipient", commonVerdicts.noRecipient);
      const phone = internationalNumber(outgoing.recipient.phone, own.country);
      if (phone === undefined || (own.numberForm === "national" && !phone.startsWith(own.country))) {
        return deliveryOf("phone", commonVerdicts.noNumber);
      }
      const end = await turns.take(signal);
      if (end === undefined) return { type: "failed", outcome: inWords("stopped"), lost: false };
      try {
        return await submit(phone, outgoing, signal);
      } finally {
        end();
      }
    },
    listen: (inbound) => {
      inbox.listen(inbound);
      void link.session();
    },
    watch: (awaited) => inbox.watch(awaited),
    close: async () => {
      inbox.close();
      await link.close();
    },
  };
};

/**
 * Text messages straight to an SMS centre (SMPP 3.4, one transceiver connection over TLS). Receipts and replies come over
 * the same connection and are answered only when the centre has them. After a lost answer the officer may get a message
 * twice: SMPP has no way to ask.
 */
export const smppChannel = {
  type: "smpp",
  settings: smppSettings,
  open,
} as const satisfies ChannelDefinition<SmppSettings>;
