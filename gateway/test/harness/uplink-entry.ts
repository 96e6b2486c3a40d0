// A process with clock, outbox and uplink and nothing else, for tests that kill it or give it another time:
//   node --conditions=@mingcheng/source --import tsx uplink-entry.ts <enrolled data directory> <records>
// Prints one JSON object per line: changes of the clock, and its state once everything is receipted. Runs until killed.
import { openGatewayClock } from "../../src/clock/open-clock.ts";
import { loadIdentity } from "../../src/identity/identity.ts";
import { startUplink } from "../../src/uplink/start-uplink.ts";
import { capture, quiet, smallOutbox } from "./test-gateway.ts";

const [dataDirectory = "", records = "0"] = process.argv.slice(2);
const say = (line: object): void => console.log(JSON.stringify(line));

const identity = await loadIdentity(dataDirectory);
const clock = await openGatewayClock({ dataDirectory, notBefore: identity.enrolledAt, log: quiet });
clock.onChange((body) => say({ clock: body }));
say({ isBehind: clock.isBehind(), time: clock.time() });
const outbox = await smallOutbox(dataDirectory, identity);
await capture(outbox, Number(records));
const uplink = startUplink({
  identity,
  outbox,
  clock,
  log: quiet,
  reconnect: { baseMs: 50, capMs: 200, steadyAfterMs: 1_000 },
});
setInterval(() => {
  const { ready, pending, lastError } = uplink.stats();
  if (ready && pending === 0) say({ drained: true, isBehind: clock.isBehind(), time: clock.time() });
  else say({ ready, pending, lastError: lastError?.message });
}, 50);
