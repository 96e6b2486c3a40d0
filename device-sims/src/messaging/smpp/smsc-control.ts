import { z } from "zod";
import type { Doings } from "../control-server.ts";
import { replyOf } from "./incoming.ts";
import type { Smsc } from "./smsc.ts";
import { codings, normalSmsc, type SmscBehaviour, type SmscState, submitAnswers } from "./smsc-state.ts";

const milliseconds = z.int().min(0).max(86_400_000);

const behaviour = z
  .strictObject({
    submit: z.enum(submitAnswers),
    count: z.int().min(1).nullable(),
    delayMs: milliseconds,
    receipts: z.enum(["delivered", "undelivered", "none", "twice", "early"]),
    receiptDelayMs: milliseconds,
    receiptForm: z.enum(["text", "parameters", "both"]),
    messageIds: z.enum(["as-is", "hex-then-decimal", "decimal-then-hex"]),
    bind: z.enum(["normal", "wrong-password", "already-bound", "busy", "silent"]),
  })
  .partial();

const reply = z.strictObject({
  phone: z.string().regex(/^\d{5,15}$/),
  text: z.string().min(1).max(500),
  coding: z.enum(codings).default("ucs2"),
});

const raw = z.strictObject({ hex: z.string().regex(/^(?:[0-9a-fA-F]{2}){1,20000}$/) });

/** What the simulated SMS centre can be told and asked, under `/control/`. */
export const smscDoings = (state: SmscState, smsc: Smsc): Doings => ({
  "GET /control/messages": () => ({ messages: state.messages }),
  "GET /control/state": () => ({
    ...{ connections: smsc.connections(), binds: state.binds, enquiries: state.enquiries, answers: state.answers },
    ...{ taken: state.taken, waiting: state.waiting.length, mostOutstanding: state.mostOutstanding },
    complaints: state.complaints,
  }),
  "PUT /control/behaviour": (given) => {
    state.behaviour = { ...normalSmsc, ...(behaviour.parse(given) as Partial<SmscBehaviour>) };
    return state.behaviour;
  },
  "POST /control/replies": (given) => {
    state.waiting.push(...replyOf(reply.parse(given), Date.now()));
    smsc.push();
    return { waiting: state.waiting.length };
  },
  "POST /control/cut": () => {
    smsc.cut();
    return {};
  },
  "POST /control/unbind": () => {
    smsc.unbind();
    return {};
  },
  "POST /control/raw": (given) => {
    smsc.raw(Buffer.from(raw.parse(given).hex, "hex"));
    return {};
  },
});
