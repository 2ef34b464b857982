// Starts the program under test in a folder of its own and speaks to it as its steward would.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./checks.mjs";

const BINARY = process.env.PROGRAM_UNDER_TEST ?? join(import.meta.dirname, "../../target/debug/caucus");
// No setting of the machine's environment has a say.
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CAUCUS_")));

/** A small governing document with numbered clauses. */
export const AGREEMENT = `# Agreement

1. We help each other.
2. We decide together.
   2.1. Everybody has one vote.
   2.2. Two thirds carry.
`;

export class Caucus {
  #child;
  #folder;
  #log = "";

  /** A folder and a free port; nothing runs yet. */
  static async prepare() {
    const caucus = new Caucus();
    caucus.#folder = await mkdtemp(join(tmpdir(), "caucus-node-"));
    caucus.host = `127.0.0.1:${await freePort()}`;
    caucus.base = `http://${caucus.host}`;
    return caucus;
  }

  /** A running instance with a community `commons`, the steward `ada` and a token for her. */
  static async start() {
    const caucus = await Caucus.prepare();
    await writeFile(join(caucus.#folder, "agreement.md"), AGREEMENT);
    await caucus.run(
      ["setup", "--name", "The Commons", "--handle", "commons", "--mission", "We look after things together."]
        .concat(["--steward", "ada", "--steward-name", "Ada", "--password-stdin"])
        .concat(["--document", join(caucus.#folder, "agreement.md")]),
      "correct horse battery staple",
    );
    await caucus.serve();
    caucus.token = await caucus.tokenOf("ada");
    return caucus;
  }

  /** Starts the server and waits until it is ready. */
  async serve() {
    this.begin();
    await this.ready();
  }

  /** Waits until the server is ready. */
  async ready() {
    await eventually("the server", () => fetch(`${this.base}/readyz`).then((r) => r.ok, () => false));
  }

  /** Starts the server and waits for nothing. */
  begin() {
    this.#child = spawn(BINARY, ["serve", ...this.#place()], { cwd: this.#folder, env: ENVIRONMENT });
    this.#child.stdout.on("data", (data) => (this.#log += data));
    this.#child.stderr.on("data", (data) => (this.#log += data));
  }

  #place() {
    return ["--data-dir", join(this.#folder, "data"), "--listen", this.host, "--public-url", this.base];
  }

  /** A token for the JSON API. */
  async tokenOf(member) {
    return (await this.run(["token", "create", "--member", member])).trim().split("\n").at(-1);
  }

  /** Runs one command of the program and answers what it printed; throws when it failed. */
  async run(args, input = "") {
    const { code, out, err } = await this.command(args, input);
    if (code !== 0) throw new Error(`caucus ${args.slice(0, 2).join(" ")} ended with ${code}: ${err}${out}`);
    return out;
  }

  /** Runs one command of the program and answers how it ended and what it printed. */
  async command(args, input = "") {
    const stdio = [input ? "pipe" : "ignore", "pipe", "pipe"];
    const child = spawn(BINARY, [...args, ...this.#place()], { cwd: this.#folder, env: ENVIRONMENT, stdio });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.stdin?.end(input);
    const code = await new Promise((resolve) => child.on("close", resolve));
    return { code, out, err };
  }

  /** One request to the JSON API; answers the body, or throws with the problem it told. */
  async api(method, path, body, token = this.token) {
    const answer = await fetch(`${this.base}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { "content-type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : {};
  }

  /** An object as any fediverse server gets it. */
  async object(url) {
    const answer = await fetch(url, { headers: { accept: "application/activity+json" }, redirect: "manual" });
    return { status: answer.status, type: answer.headers.get("content-type"), json: await answer.json() };
  }

  /** Asks the database of the server, which no page and no API tells; reads only. */
  rows(query, ...values) {
    const database = new DatabaseSync(join(this.#folder, "data", "caucus.sqlite"), { readOnly: true });
    try {
      return database.prepare(query).all(...values);
    } finally {
      database.close();
    }
  }

  /** Stops the server as a service manager does, and keeps its data; answers its exit code. */
  async halt() {
    const child = this.#child;
    if (!child) return undefined;
    this.#child = undefined;
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 12_000);
    const code = await ended;
    clearTimeout(timer);
    return code;
  }

  /** Stops the server for good; answers its exit code. */
  async stop() {
    const code = await this.halt();
    await rm(this.#folder, { recursive: true, force: true });
    return code;
  }

  /** What the server printed so far. */
  get log() {
    return this.#log;
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
