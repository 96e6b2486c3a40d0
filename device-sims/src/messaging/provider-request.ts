/** A request as it came in. */
export interface ProviderRequest {
  readonly method: string;
  readonly path: string;
  /** Without `?`, still encoded. */
  readonly query: string;
  /** Names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What is answered. */
export interface ProviderAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly content: unknown;
}

/** A key that the simulated account has. */
export interface AccountKey {
  readonly id: string;
  readonly secret: string;
}
