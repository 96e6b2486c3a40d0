/** Bugs that can be planted at either end; each must be found. */
export const commandBugs = [
  /** That an effect begins is not stored beforehand. */
  "begin-not-stored",
  /** A command counts as finished before its record is in the chain. */
  "finished-before-record",
  /** The place reached is not looked at. */
  "any-place",
  /** A command's time is not looked at. */
  "no-expiry",
  /** A signature is not looked at. */
  "believes-anybody",
  /** The centre counts on from its own number alone, and gives an order up when its place is taken. */
  "own-number-alone",
  /** The centre gives an order up when its place is taken. */
  "keeps-a-taken-place",
  /** The centre gives an order a new place whenever it sends it. */
  "new-place-each-time",
  /** The centre takes an order for expired when its time is over, sent or not. */
  "expires-what-was-sent",
] as const;

/** Name of a bug. */
export type CommandBug = (typeof commandBugs)[number];
