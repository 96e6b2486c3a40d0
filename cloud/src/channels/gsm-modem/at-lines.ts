/** The longest line that a modem has to say is a PDU: 2 × 176 characters. */
const mostLineChars = 1_024;

/** What a modem says: a line without its end, or the prompt for a PDU. */
export type AtEvent = { readonly type: "line"; readonly line: string } | { readonly type: "prompt" };

/** Cuts what a modem says into lines. Holds at most one unfinished one; what is longer than any line is dropped. */
export class AtLines {
  #held = "";
  #skipping = false;

  /** `wantsPrompt`: a `>` at the beginning of a line is the prompt, which no line end follows (3GPP TS 27.005 §4.3). */
  *push(bytes: Uint8Array, wantsPrompt: () => boolean): Generator<AtEvent> {
    for (const character of Buffer.from(bytes).toString("latin1")) {
      if (character === "\r" || character === "\n") {
        const line = this.#held.trim();
        this.#held = "";
        if (line !== "" && !this.#skipping) yield { type: "line", line };
        this.#skipping = false;
      } else if (character === ">" && this.#held.trim() === "" && !this.#skipping && wantsPrompt()) {
        this.#held = "";
        yield { type: "prompt" };
      } else if (this.#held.length < mostLineChars) {
        this.#held += character;
      } else {
        this.#held = "";
        this.#skipping = true;
      }
    }
  }
}
