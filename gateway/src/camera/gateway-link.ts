import type { CameraBody } from "@mingcheng/protocols";
import type { FromCameras, ToCameras } from "./process-messages.ts";
import type { GatewaySignature } from "./recording/clip.ts";

type Answered = ToCameras & { readonly type: "session" | "stored" | "signed" };

const sessionAnswerMs = 5_000;
const signAnswerMs = 30_000;
const storeAnswerMs = 60_000;
/** A record that could not be stored is told again after so long. */
const tellAgainMs = 5_000;

/** What the camera process asks of its gateway: sessions, records, signatures. It has no key and no outbox of its own. */
export class GatewayLink {
  readonly #say: (message: FromCameras) => void;
  readonly #after: (delayMs: number, task: () => void) => () => void;
  readonly #waiting = new Map<number, (answer: Answered | undefined) => void>();
  #questions = 0;

  constructor(say: (message: FromCameras) => void, after: (delayMs: number, task: () => void) => () => void) {
    this.#say = say;
    this.#after = after;
  }

  /** An answer came. */
  take(answer: Answered): void {
    this.#waiting.get(answer.id)?.(answer);
  }

  #ask(question: (id: number) => FromCameras, withinMs: number): Promise<Answered | undefined> {
    const id = this.#questions++;
    return new Promise((resolve) => {
      const answered = (answer: Answered | undefined): void => {
        cancel();
        this.#waiting.delete(id);
        resolve(answer);
      };
      const cancel = this.#after(withinMs, () => answered(undefined));
      this.#waiting.set(id, answered);
      this.#say(question(id));
    });
  }

  /** Whether a token opens the set-up page. */
  async holdsSession(token: string): Promise<boolean> {
    const answer = await this.#ask((id) => ({ type: "session", id, token }), sessionAnswerMs);
    return answer?.type === "session" && answer.holds;
  }

  /** Tells a record; resolves once it is on disk, however often that has to be tried. */
  async tell(channel: string, body: CameraBody): Promise<void> {
    for (;;) {
      const answer = await this.#ask((id) => ({ type: "record", id, channel, body }), storeAnswerMs);
      if (answer?.type === "stored" && answer.ok) return;
      await new Promise<void>((resolve) => this.#after(tellAgainMs, resolve));
    }
  }

  /** Signs with the gateway's key. @throws when the gateway does not answer */
  async sign(octets: Uint8Array): Promise<GatewaySignature> {
    const answer = await this.#ask((id) => ({ type: "sign", id, octets }), signAnswerMs);
    if (answer?.type !== "signed") throw new Error("the gateway did not sign");
    const { publicKey, keyLog, signature } = answer;
    return { publicKey, keyLog, signature };
  }
}
