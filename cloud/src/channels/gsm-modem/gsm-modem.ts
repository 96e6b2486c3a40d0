import { stat } from "node:fs/promises";
import { MingchengError } from "@mingcheng/protocols";
import type { Channel, ChannelDefinition, ChannelPorts, Delivery } from "../channel.ts";
import { readChannelFile } from "../http/secret-file.ts";
import { inWords } from "../in-words.ts";
import { internationalNumber } from "../sms/international-number.ts";
import { ownText, refuseSignature } from "../sms/own-text.ts";
import { commonVerdicts, deliveryOf } from "../sms/verdict.ts";
import { type ModemSettings, modemSettings } from "./gsm-modem-settings.ts";
import { ModemInbox } from "./modem-inbox.ts";
import { ModemLink, type NoModem } from "./modem-link.ts";
import { sendByModem } from "./send-by-modem.ts";
import type { SimPin } from "./sim-pin.ts";

const readPin = async (path: string | undefined): Promise<SimPin | undefined> => {
  if (path === undefined) return undefined;
  const field = "channels.pinFile";
  const digits = (await readChannelFile(path, field)).trim();
  if (/^\d{4,8}$/u.test(digits)) return { digits, path, changedMs: (await stat(path)).mtimeMs };
  throw new MingchengError(
    "CHANNEL_INVALID",
    `${path} 中没有 PIN：应为 4 至 8 位数字 / ${path} does not hold a PIN: 4 to 8 digits`,
    { field },
  );
};

/** Somebody's hand is needed; the modem is looked at again as often. */
const unfitAgainMs = 60_000;

const noModem = ({ reason, setup }: NoModem): Delivery =>
  setup
    ? { type: "failed", outcome: `SIM：${reason}`, lost: false, retryAfterMs: unfitAgainMs }
    : { type: "failed", outcome: inWords(reason), lost: false };

/** What was not taken is offered again so soon. */
const againMs = 5_000;

const open = async (own: ModemSettings, ports: ChannelPorts): Promise<Channel> => {
  refuseSignature(own.name, own);
  const pin = await readPin(own.pinFile);
  const { storage, serviceCentre, commandTimeoutMs, country } = own;
  const inbox = new ModemInbox({ channel: own.name, ports, country, storage, timeoutMs: commandTimeoutMs });
  let cancel: (() => void) | undefined;
  let isAsked = false;
  let isClosed = false;

  const link = new ModemLink({
    ...{ channel: own.name, ports, pin, storage, serviceCentre, commandTimeoutMs },
    port: { path: own.path, baudRate: own.baudRate, rtscts: own.rtscts },
    onUnsolicited: (said) => {
      inbox.told(said);
      look();
    },
    onReady: () => look(),
  });

  /** Looks into the modem in its turn, once for everything that came meanwhile; then now and then by itself. */
  const look = (): void => {
    cancel?.();
    cancel = undefined;
    if (isAsked || isClosed) return;
    isAsked = true;
    void link
      .use(async (modem) => {
        isAsked = false;
        const isEmpty = await inbox.empty(modem);
        if (!isEmpty) await link.revive(modem);
        return isEmpty;
      })
      .then((isEmpty) => {
        isAsked = false;
        cancel?.();
        if (isClosed) return;
        cancel = ports.later(look, isEmpty === true ? own.pollMs : Math.min(againMs, own.pollMs));
      });
  };

  return {
    name: own.name,
    reach: "person",
    send: async (outgoing, signal) => {
      if (outgoing.recipient === null) return deliveryOf("recipient", commonVerdicts.noRecipient);
      const phone = internationalNumber(outgoing.recipient.phone, country);
      if (phone === undefined) return deliveryOf("phone", commonVerdicts.noNumber);
      const text = ownText(outgoing.message, own);
      const sent = await link.use(async (modem) => {
        const { delivery, isSilent } = await sendByModem(modem, { own, phone, text, ports });
        // Before anybody else looks into the modem: its report may be there already.
        if (delivery.type === "sent" && delivery.receiptId !== undefined) {
          inbox.watch([{ receiptId: delivery.receiptId, phone, sentMs: ports.nowMs() }]);
        }
        if (isSilent) await link.revive(modem);
        return delivery;
      }, signal);
      if (sent === undefined) return { type: "failed", outcome: inWords("stopped"), lost: false };
      return "reason" in sent ? noModem(sent) : sent;
    },
    listen: (inbound) => {
      inbox.listen(inbound);
      link.start();
      look();
    },
    watch: (awaited) => inbox.watch(awaited),
    close: async () => {
      isClosed = true;
      cancel?.();
      inbox.close();
      await link.close();
    },
  };
};

/**
 * Text messages through a GSM modem on a serial port, in PDU mode: for places where no provider is reached. One message
 * at a time, each a few seconds. Replies and reports stay in the modem until the centre has them.
 */
export const gsmModemChannel = {
  type: "gsm-modem",
  settings: modemSettings,
  open,
} as const satisfies ChannelDefinition<ModemSettings>;
