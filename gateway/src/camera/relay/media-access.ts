/** How the centre's media door is reached. */
export interface MediaAccess {
  readonly gw: string;
  readonly host: string;
  readonly port: number;
  readonly credential: string;
  readonly authorities: readonly string[];
  /** How far the clock can be believed, see `CertificateClock`. */
  readonly clockIsBehind: boolean;
  readonly floorMs: number;
}
