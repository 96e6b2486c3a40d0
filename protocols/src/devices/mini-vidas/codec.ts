import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec } from "../device-event.ts";
import { controlNames, examineMessage, maxMessageBytes, stx, type VidasEvent } from "./frame.ts";

const controlOf = (byte: number) => [...controlNames].find(([code]) => code === byte)?.[1];

const grammar: FrameGrammar<VidasEvent> = {
  isStart: (byte) => byte === stx || controlOf(byte) !== undefined,
  examine: (window, { ended }) => {
    const control = controlOf(window[0] ?? 0);
    if (control === undefined) return examineMessage(window, ended);
    return { kind: "accept", length: 1, event: { event: "control", raw: window.slice(0, 1), control } };
  },
};

/** bioMérieux mini VIDAS immunoassay analyser: sends every result by itself. */
export const miniVidas: DeviceCodec = {
  id: "mini-vidas",
  displayName: { zh: "梅里埃 mini VIDAS 免疫分析仪", en: "bioMérieux mini VIDAS" },
  deviceClass: "tester",
  maxPendingBytes: maxMessageBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxMessageBytes),
};
