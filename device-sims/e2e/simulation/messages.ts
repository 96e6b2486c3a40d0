import type { Downlink, Gone, State } from "@mingcheng/protocols";

/** What travels up, as the centre's front has it in hand: inflated, hashed, signatures looked up by `kid`. */
export type UpMessage =
  | { readonly type: "batch"; readonly gw: string; readonly payload: Uint8Array; readonly payloadHash: string }
  | { readonly type: "state"; readonly gw: string; readonly kid: string; readonly state: State }
  | { readonly type: "gone"; readonly gw: string; readonly kid: string; readonly gone: Gone }
  | { readonly type: "keys"; readonly gw: string; readonly payload: Uint8Array };

/** What travels down: to whoever has subscribed to this gateway's receipts when it arrives. */
export interface DownMessage {
  readonly gw: string;
  readonly message: Downlink;
}
