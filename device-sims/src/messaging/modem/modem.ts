import type { SimLine } from "../../transports/sim-line.ts";
import { deliverPdus, type FromTelephone, reportPdu, tpduBytes } from "./delivered-pdu.ts";
import { type ModemMessage, type ModemState, modemSubmits } from "./modem-state.ts";
import { BadSubmit, readSubmit } from "./submit-pdu.ts";

const ctrlZ = 0x1a;
const leave = 0x1b;
const restartMs = 50;

/** A GSM modem on a line: AT commands of 3GPP TS 27.005 and TS 27.007, PDU mode, one SIM. */
export class SimulatedModem {
  readonly #state: ModemState;
  readonly #line: SimLine;
  #heard = "";
  #awaitedBytes: number | undefined;
  #echo = true;
  #numericErrors = false;
  #pduMode = false;
  #store = "SM";
  #told = 0;
  #reports = 0;
  #unlocked = false;

  constructor(state: ModemState, line: SimLine) {
    this.#state = state;
    this.#line = line;
    line.listen({
      bytes: (bytes) => this.#hear(bytes),
      up: () => {
        state.isOpen = true;
      },
      down: () => {
        state.isOpen = false;
        this.#heard = "";
        this.#awaitedBytes = undefined;
      },
    });
  }

  /** Says a line by itself. */
  say(line: string): void {
    if (!this.#state.isHanging) this.#line.send(Buffer.from(`\r\n${line}\r\n`, "latin1"));
  }

  /** A message of a telephone arrives. */
  receive(message: FromTelephone): void {
    for (const pdu of deliverPdus(message, Date.now())) this.#keep("SM", pdu, "+CMTI");
  }

  /** Pulls the cable; it is plugged in again at once. */
  unplug(): void {
    this.#line.drop();
  }

  /** Power off and on. */
  restart(): void {
    this.#state.isHanging = false;
    this.#state.resets++;
    this.#unlocked = false;
    [this.#echo, this.#numericErrors, this.#pduMode, this.#told, this.#reports] = [true, false, false, 0, 0];
    this.#heard = "";
    this.#awaitedBytes = undefined;
  }

  #keep(store: string, pdu: string, word: "+CMTI" | "+CDSI"): void {
    const index = this.#state.store(store, pdu);
    const isTold = word === "+CMTI" ? this.#told === 1 : this.#reports === 2;
    if (index !== undefined && isTold && this.#state.behaviour.tells) this.say(`${word}: "${store}",${index}`);
  }

  #hear(bytes: Uint8Array): void {
    if (this.#state.isHanging) {
      // Some still hear the word that resets them.
      this.#heard = (this.#heard + Buffer.from(bytes).toString("latin1")).slice(-64);
      if (/AT\+CFUN=1,1\r$/.test(this.#heard)) this.restart();
      return;
    }
    for (const byte of bytes) this.#byte(byte);
  }

  #byte(byte: number): void {
    if (this.#echo) this.#line.send(Uint8Array.of(byte));
    if (byte === leave) {
      this.#heard = "";
      if (this.#awaitedBytes !== undefined) this.#answer("OK");
      this.#awaitedBytes = undefined;
    } else if (this.#awaitedBytes !== undefined && byte === ctrlZ) {
      const [pdu, announced] = [this.#heard, this.#awaitedBytes];
      this.#heard = "";
      this.#awaitedBytes = undefined;
      this.#submit(pdu, announced);
    } else if (this.#awaitedBytes === undefined && byte === 0x0d) {
      const command = this.#heard.trim();
      this.#heard = "";
      if (command !== "") this.#command(command);
    } else {
      this.#heard = (this.#heard + String.fromCharCode(byte)).slice(-2_000);
    }
  }

  #chat(): void {
    if (!this.#state.behaviour.chatter) return;
    for (const line of ["RING", "+CREG: 1", "^RSSI: 17", '+CLIP: "13900000000",129', "+CSQ: 5,99"]) this.say(line);
  }

  #answer(...lines: readonly string[]): void {
    this.#chat();
    for (const line of lines) this.say(line);
  }

  #fail(list: "CMS" | "CME", code: number): void {
    this.#answer(this.#numericErrors ? `+${list} ERROR: ${code}` : "ERROR");
  }

  #command(command: string): void {
    const state = this.#state;
    const name = /^AT[+^]?[A-Z]*/i.exec(command)?.[0].toUpperCase() ?? "";
    state.commands[name] = (state.commands[name] ?? 0) + 1;
    if (this.#basic(command) || this.#sim(command) || this.#network(command)) return;
    if (!/^AT\+(?:CMG|CPMS|CNMI|CSCA)/.test(command)) this.#fail("CME", 4);
    else if (this.#simState() !== "READY") this.#fail("CMS", state.behaviour.sim === "missing" ? 310 : 311);
    else this.#message(command);
  }

  #basic(command: string): boolean {
    if (command === "AT") this.#answer("OK");
    else if (command === "ATE0" || command === "ATE1") {
      this.#echo = command === "ATE1";
      this.#answer("OK");
    } else if (command === "AT+CMEE=1") {
      this.#numericErrors = true;
      this.#answer("OK");
    } else if (command === "AT+CFUN=1,1") {
      this.#answer("OK");
      setTimeout(() => this.restart(), restartMs).unref();
    } else return false;
    return true;
  }

  #simState(): string {
    const { sim } = this.#state.behaviour;
    if (sim === "ready" || (sim === "pin" && this.#unlocked)) return "READY";
    return sim === "pin" && this.#state.pinTries > 0 ? "SIM PIN" : sim === "missing" ? "missing" : "SIM PUK";
  }

  #sim(command: string): boolean {
    const { behaviour } = this.#state;
    const told = /^AT\+CPIN="(\d+)"$/.exec(command)?.[1];
    if (command === "AT+CPIN?") {
      const sim = this.#simState();
      if (sim === "missing") this.#fail("CME", 10);
      else this.#answer(`+CPIN: ${sim}`, "OK");
    } else if (told !== undefined) this.#pin(told);
    else if (command.startsWith("AT+CPINR=") && behaviour.tries === "cpinr") {
      this.#answer(`+CPINR: SIM PIN,${this.#state.pinTries},3`, "OK");
    } else if (command === "AT+SPIC" && behaviour.tries === "spic") {
      this.#answer(`+SPIC: ${this.#state.pinTries},10,0,10`, "OK");
    } else return false;
    return true;
  }

  #pin(told: string): void {
    if (this.#simState() !== "SIM PIN") this.#fail("CME", 3);
    else if (told === this.#state.behaviour.pin) {
      this.#unlocked = true;
      this.#state.pinTries = 3;
      this.#answer("OK");
      this.say("+CPIN: READY");
      this.say("SMS Ready");
    } else {
      this.#state.pinTries--;
      this.#fail("CME", 16);
    }
  }

  #network(command: string): boolean {
    const { network } = this.#state.behaviour;
    const states = { home: "0,1", roaming: "0,5", none: "0,2", denied: "0,3", lte: "0,0" };
    if (command === "AT+CREG?") this.#answer(`+CREG: ${states[network]}`, "OK");
    else if (command === "AT+CEREG?") this.#answer(`+CEREG: ${network === "lte" ? "0,1" : states[network]}`, "OK");
    else if (command === "AT+CSQ") this.#answer(network === "none" ? "+CSQ: 99,99" : "+CSQ: 17,0", "OK");
    else return false;
    return true;
  }

  #message(command: string): void {
    const { behaviour, stores } = this.#state;
    const bytes = /^AT\+CMGS=(\d+)$/.exec(command)?.[1];
    const store = /^AT\+CPMS="(\w\w)"(?:,"\w\w","\w\w")?$/.exec(command)?.[1];
    const index = /^AT\+CMGD=(\d+)$/.exec(command)?.[1];
    const notice = /^AT\+CNMI=\d,(\d),0,(\d),0$/.exec(command);
    if (command === "AT+CMGF=0") {
      this.#pduMode = true;
      this.#answer("OK");
    } else if (command === "AT+CPMS=?") {
      this.#answer('+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")', "OK");
    } else if (command === "AT+CSCA?") this.#answer(`+CSCA: "${behaviour.serviceCentre}",145`, "OK");
    else if (store !== undefined && store in stores) {
      this.#store = store;
      this.#answer("+CPMS: 0,20,0,20,0,20", "OK");
    } else if (notice !== null) this.#notify(Number(notice[1]), Number(notice[2]));
    else if (command === "AT+CMGL=4") this.#list();
    else if (index !== undefined) {
      stores[this.#store] = (stores[this.#store] ?? []).filter((one) => one.index !== Number(index));
      this.#answer("OK");
      // The network keeps what it could not hand over, and tries again when there is room.
      const kept = this.#state.turnedAway.shift();
      if (kept !== undefined) this.#keep("SM", kept, "+CMTI");
    } else if (bytes !== undefined) this.#prompt(Number(bytes));
    else this.#fail("CMS", 303);
  }

  #notify(messages: number, reports: number): void {
    const known = { stored: [0, 2], direct: [0, 1], none: [0] }[this.#state.behaviour.reportRouting];
    if (!known.includes(reports)) {
      this.#fail("CMS", 303);
      return;
    }
    [this.#told, this.#reports] = [messages, reports];
    this.#answer("OK");
  }

  #list(): void {
    const lines = (this.#state.stores[this.#store] ?? []).flatMap((one) => {
      const said = [`+CMGL: ${one.index},${one.isRead ? 1 : 0},,${tpduBytes(one.pdu)}`, one.pdu];
      one.isRead = true;
      return said;
    });
    this.#answer(...lines, "OK");
  }

  #prompt(bytes: number): void {
    const { submit, network } = this.#state.behaviour;
    if (!this.#pduMode) this.#fail("CMS", 302);
    else if (network === "none" || network === "denied") this.#fail("CMS", 331);
    else if (submit === "hang-before-prompt") {
      this.#state.nextSubmit();
      this.#state.isHanging = true;
    } else if (submit === "unplug-before") {
      this.#state.nextSubmit();
      this.unplug();
    } else {
      this.#awaitedBytes = bytes;
      this.#chat();
      this.#line.send(Buffer.from("\r\n> ", "latin1"));
    }
  }

  #submit(pdu: string, announced: number): void {
    const said = this.#state.nextSubmit();
    if (!(modemSubmits as readonly string[]).includes(said)) {
      this.#answer(said);
      return;
    }
    try {
      const { to, text, part, wantsReport, serviceCentre } = readSubmit(pdu, announced);
      const message = this.#state.accept({
        ...{ phone: to, text, units: text.length, part, wantsReport, serviceCentre },
        ...{ atMs: Date.now(), answered: said === "normal" },
      });
      if (said === "hang") this.#state.isHanging = true;
      else if (said === "unplug") this.unplug();
      else this.#accepted(message);
    } catch (error) {
      if (!(error instanceof BadSubmit)) throw error;
      this.#fail("CMS", 304);
    }
  }

  #accepted(message: ModemMessage): void {
    const { delayMs } = this.#state.behaviour;
    const answer = (): void => {
      this.#answer(`+CMGS: ${message.reference}`, "OK");
      this.#report(message);
    };
    if (delayMs > 0) setTimeout(answer, delayMs).unref();
    else answer();
  }

  #report(message: ModemMessage): void {
    const { reports, reportDelayMs } = this.#state.behaviour;
    if (!message.wantsReport || reports === "none") return;
    const statuses = { delivered: [0], undelivered: [0x46], "trying-then-delivered": [0x30, 0] }[reports];
    const tell = (): void => {
      for (const status of statuses) this.#tellReport(message, status);
    };
    if (reportDelayMs > 0) setTimeout(tell, reportDelayMs).unref();
    else tell();
  }

  #tellReport({ reference, phone, atMs }: ModemMessage, status: number): void {
    const pdu = reportPdu({ reference, to: phone, takenMs: atMs, doneMs: Date.now(), status });
    if (this.#reports === 2) this.#keep(this.#state.behaviour.reportStore, pdu, "+CDSI");
    else if (this.#reports === 1) {
      this.say(`+CDS: ${tpduBytes(pdu)}`);
      this.say(pdu);
    }
  }
}
