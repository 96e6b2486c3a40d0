import type { SetupText } from "./setup-api.ts";

/** A camera that is configured at the gateway. */
export interface SetupChannel {
  readonly id: string;
  readonly zone: string;
  readonly address: string;
  readonly subAddress: string | null;
  readonly user: string | null;
  readonly hasPassword: boolean;
}

/** A camera that answered to the question who is there. */
export interface SetupFoundCamera {
  readonly address: string;
  readonly onvifUrl: string;
  readonly name: string;
  readonly hardware: string;
  /** Channel that is at this address already. */
  readonly channel: string | null;
}

/** A stream that a camera offers. */
export interface SetupStream {
  readonly profile: string;
  readonly encoding: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly framesPerSecond: number;
  readonly kbitPerSecond: number;
  readonly keyEvery: number;
  /** Null: it lies outside the cameras' networks. */
  readonly rtspUrl: string | null;
}

/** What was wrong, and what to do about it. */
export interface SetupProblem {
  /** `address`, `not-reached`, `password`, `codec`, `path`, `no-picture`, `clock`, `no-onvif`. */
  readonly about: string;
  readonly what: SetupText;
  readonly next: SetupText;
  /** What the camera said, for whoever knows more. */
  readonly detail: string;
}

/** What a camera told of its streams, or why it did not. */
export type SetupStreams =
  | { readonly streams: readonly SetupStream[]; readonly problem: null }
  | { readonly streams: null; readonly problem: SetupProblem };

/** A connection that was tried: a picture came, or what is wrong. */
export type SetupCameraTest =
  | {
      readonly problem: null;
      readonly codec: string;
      readonly widthPx: number;
      readonly heightPx: number;
      readonly firstPictureMs: number;
      /** What should be changed at the camera although it plays. */
      readonly advice: readonly SetupText[];
    }
  | { readonly problem: SetupProblem };
