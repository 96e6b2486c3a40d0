import { z } from "zod";
import type { Doings } from "../control-server.ts";
import { modemCodings } from "./delivered-pdu.ts";
import type { SimulatedModem } from "./modem.ts";
import { type ModemBehaviour, type ModemState, normalModem } from "./modem-state.ts";

const milliseconds = z.int().min(0).max(86_400_000);

const behaviour = z
  .strictObject({
    submit: z.string().min(1).max(80),
    count: z.int().min(1).nullable(),
    delayMs: milliseconds,
    sim: z.enum(["ready", "pin", "puk", "missing"]),
    pin: z.string().regex(/^\d{4,8}$/),
    tries: z.enum(["cpinr", "spic", "unknown"]),
    network: z.enum(["home", "roaming", "none", "denied", "lte"]),
    chatter: z.boolean(),
    reportRouting: z.enum(["stored", "direct", "none"]),
    reportStore: z.enum(["SM", "SR"]),
    reports: z.enum(["delivered", "undelivered", "none", "trying-then-delivered"]),
    reportDelayMs: milliseconds,
    tells: z.boolean(),
    serviceCentre: z.string().max(20),
  })
  .partial();

const reply = z.strictObject({
  phone: z.string().regex(/^\+?\d{5,15}$/),
  text: z.string().min(1).max(120),
  coding: z.enum(modemCodings).default("ucs2"),
});

const line = z.strictObject({ line: z.string().min(1).max(400) });
const stored = z.strictObject({ store: z.enum(["SM", "ME", "SR"]), pdu: z.string().max(400) });

/** What the simulated modem can be told and asked, under `/control/`. */
export const modemDoings = (state: ModemState, modem: SimulatedModem): Doings => ({
  "GET /control/messages": () => ({ messages: state.messages }),
  "GET /control/state": () => ({
    ...{ isOpen: state.isOpen, isHanging: state.isHanging, resets: state.resets, pinTries: state.pinTries },
    ...{ commands: state.commands, turnedAway: state.turnedAway.length },
    stored: Object.values(state.stores).flat().length,
  }),
  "PUT /control/behaviour": (given) => {
    state.behaviour = { ...normalModem, ...(behaviour.parse(given) as Partial<ModemBehaviour>) };
    return state.behaviour;
  },
  "POST /control/replies": (given) => {
    modem.receive(reply.parse(given));
    return {};
  },
  "POST /control/stored": (given) => {
    const { store, pdu } = stored.parse(given);
    return { index: state.store(store, pdu) };
  },
  "POST /control/say": (given) => {
    modem.say(line.parse(given).line);
    return {};
  },
  "POST /control/unplug": () => {
    modem.unplug();
    return {};
  },
  "POST /control/hang": () => {
    state.isHanging = true;
    return {};
  },
  "POST /control/new-sim": () => {
    state.pinTries = 3;
    return {};
  },
  "POST /control/restart": () => {
    modem.restart();
    return {};
  },
});
