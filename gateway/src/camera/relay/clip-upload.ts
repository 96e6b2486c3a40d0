import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { openSecureSocket } from "../../uplink/secure-socket.ts";
import type { MediaAccess } from "./media-access.ts";

const connectMs = 10_000;
const idleMs = 60_000;
/** Clips must not take the line from records and alarms. */
const mostBytesPerSecond = 512 * 1024;
const pieceBytes = 64 * 1024;

const clipId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const paced = async function* (path: string): AsyncGenerator<Uint8Array> {
  const beganMs = performance.now();
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) {
    yield piece as Buffer;
    bytes += (piece as Buffer).length;
    const earlyMs = beganMs + (bytes * 1_000) / mostBytesPerSecond - performance.now();
    if (earlyMs > 0) await new Promise<void>((resolve) => setTimeout(resolve, earlyMs));
  }
};

const put = async (access: MediaAccess, target: string, path: string): Promise<void> => {
  const { host, port, gw, credential, authorities } = access;
  const clock = { isBehind: () => access.clockIsBehind, floorMs: () => access.floorMs };
  const socket = await openSecureSocket({ host, port, authorities, clock, withinMs: connectMs });
  const { size } = await stat(path);
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(
      {
        ...{ method: "PUT", path: target, createConnection: () => socket, timeout: idleMs },
        headers: {
          host: `${host}:${port}`,
          authorization: `Basic ${Buffer.from(`${gw}:${credential}`).toString("base64")}`,
          "content-length": size,
          connection: "close",
        },
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error("the centre does not answer")));
    const write = async (): Promise<void> => {
      for await (const piece of paced(path)) {
        if (!sent.write(piece)) await new Promise<void>((drained) => sent.once("drain", drained));
      }
      sent.end();
    };
    write().catch(reject);
  });
  socket.destroy();
  if (status !== 204) throw new Error(`the centre refused ${target}: ${status}`);
};

/**
 * Brings a clip that was exported to the media door of the centre, file by file, slowly. The centre takes only what a signed
 * command asked for and asks again for what did not arrive.
 * @throws {MingchengError} CENTRE_UNREACHABLE and others of the connection; the system's error
 */
export const uploadClip = async (access: MediaAccess, clips: string, id: string): Promise<void> => {
  if (!clipId.test(id)) return;
  const folder = join(clips, id);
  const names = (await readdir(folder)).filter((name) => /^(part-\d{1,5}\.mp4|clip\.json|clip\.sig\.json)$/.test(name));
  for (const name of names.sort()) await put(access, `/media/clips/${id}/${name}`, join(folder, name));
};
