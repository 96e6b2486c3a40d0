/** How an offset from UTC is written. */
export const offsetPattern = /^[+-](?:0\d|1[0-4]):[0-5]\d$/;

/**
 * Instants (milliseconds since 1970) as local times at a fixed offset from UTC like `+08:00`, ISO 8601:
 * `2026-11-25T08:00:00.000+08:00`. The tables of time zones would cost the gateway 6 MB.
 */
export const offsetText = (offset: string): ((ms: number) => string) => {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4));
  const aheadMs = (offset.startsWith("-") ? -minutes : minutes) * 60_000;
  return (ms) => `${new Date(ms + aheadMs).toISOString().slice(0, -1)}${offset}`;
};
