import { chmod, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { type CameraAnswer, type CameraAsk, cameraAsk } from "./camera-ask.ts";

/** Where commands on the spot reach the camera process: for the owner of the data directory only. */
export const deskSocketPath = (dataDirectory: string): string => join(dataDirectory, "cameras.sock");

const mostAskBytes = 8 * 1024;
const mostAnswerBytes = 8 * 1024 * 1024;
const answerMs = 15 * 60_000;
const mostConnections = 8;

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

const invalid: CameraAnswer = { ok: false, code: "INPUT_INVALID", message: "not understood" };

/** The first line that comes; undefined when there is none, or it is too long. */
const lineFrom = (socket: Socket, mostBytes: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      text += piece;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
      else if (text.length > mostBytes) resolve(undefined);
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
  });

/** Answers a line of JSON with a line of JSON. @throws the system's error, as for a path that is too long */
export const openDeskSocket = async (
  dataDirectory: string,
  answer: (ask: CameraAsk) => Promise<CameraAnswer>,
): Promise<{ close(): void }> => {
  const path = deskSocketPath(dataDirectory);
  // What an earlier process left; one that lives cannot be: the gateway's data directory is locked.
  await rm(path, { force: true });
  const serve = async (socket: Socket): Promise<void> => {
    const read = cameraAsk.safeParse(parsed((await lineFrom(socket, mostAskBytes)) ?? ""));
    socket.end(`${JSON.stringify(read.success ? await answer(read.data) : invalid)}\n`);
  };
  const server: Server = createServer((socket) => void serve(socket));
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return { close: () => void server.close() };
};

/** Asks the camera process that runs on a data directory; undefined: none does. @throws {MingchengError} CAMERAS_OFF when it ended meanwhile */
export const askOnTheSpot = async (dataDirectory: string, ask: CameraAsk): Promise<CameraAnswer | undefined> => {
  const socket = connect(deskSocketPath(dataDirectory));
  const isThere = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  if (!isThere) return undefined;
  socket.setTimeout(answerMs, () => socket.destroy());
  const answered = lineFrom(socket, mostAnswerBytes);
  socket.write(`${JSON.stringify(ask)}\n`);
  const line = await answered;
  socket.destroy();
  if (line === undefined) throw new MingchengError("CAMERAS_OFF", "it ended before it answered");
  return JSON.parse(line) as CameraAnswer;
};
