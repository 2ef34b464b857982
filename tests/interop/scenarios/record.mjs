import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, equal } from "../../node/checks.mjs";
import { messagesTo } from "./people.mjs";

/** How many single bytes of the record are changed, one at a time. */
const CHANGED_BYTES = 20;

/** Whoever downloads the record of the vote can count again, and sees when it was changed. */
export async function record(stage) {
  const folder = await mkdtemp(join(tmpdir(), "caucus-record-"));
  try {
    await downloaded(stage);
    await countedAgain(stage, join(folder, "record.json"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await check("the server's own look at every vote finds that all holds", async () => {
    const { code, out, err } = await stage.caucus.command(["verify"]);
    return equal([code, err], [0, ""]) && out.includes("Everything holds.");
  });
}

async function downloaded(stage) {
  const { caucus, peer, community, ballot, result, receipts } = stage;
  const answer = await fetch(`${ballot.url}/record.json`);
  stage.bytes = Buffer.from(await answer.arrayBuffer());
  stage.hash = createHash("sha256").update(stage.bytes).digest("hex");
  await check("the record is downloaded, and the result and the minutes name its hash", async () => {
    const minutes = await fetch(`${caucus.base}/api/v1/polls/${ballot.id}/minutes`).then((each) => each.json());
    return (
      equal([answer.status, answer.headers.get("content-type")], [200, "application/json"]) &&
      equal(minutes.record_sha256, stage.hash) &&
      result.content.toString().includes(stage.hash)
    );
  });
  await check("it holds each ballot under its receipt", () => {
    const { ballots } = JSON.parse(stage.bytes);
    const ofReceipts = receipts.map((receipt) => ballots.find(([each]) => each === receipt)?.[1]);
    return equal([ofReceipts, ballots.map(([, choice]) => choice).sort()], [["For", "Abstain"], ["Abstain", "For", "For"]]);
  });
  await check("Ann got one receipt, without her choice, and it finds the last of her ballots", async () => {
    const texts = (await messagesTo(peer, "ann", community)).map((note) => note.content.toString());
    const told = texts.filter((text) => text.includes("receipt"));
    const code = told[0]?.match(/receipt is ([\w-]{22}):/)?.[1];
    const { ballots } = JSON.parse(stage.bytes);
    return (
      equal(told.length, 1) &&
      !/\b(For|Against|Abstain)\b/.test(told[0]) &&
      equal(ballots.find(([receipt]) => receipt === code)?.[1], "For")
    );
  });
  await check("it names nobody", () => {
    const names = ['"ada"', '"grace"', '"hal"', '"ivy"', '"zoe"', peer.actor("ann").href];
    return equal(names.filter((name) => stage.bytes.includes(name)), []);
  });
}

async function countedAgain({ caucus, bytes, hash }, file) {
  await writeFile(file, bytes);
  await check("the recount says that it is right", async () => {
    const { code, out, err } = await caucus.command(["recount", file, "--sha256", hash]);
    return equal([code, err], [0, ""]) && out.includes(hash);
  });
  await check("the recount refuses it with any byte changed", async () => {
    for (let i = 0; i < CHANGED_BYTES; i += 1) {
      const at = Math.floor((i * bytes.length) / CHANGED_BYTES);
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      await writeFile(file, changed);
      const { code } = await caucus.command(["recount", file]);
      if (code !== 1) throw new Error(`with byte ${at} changed it ended with ${code}`);
    }
    return true;
  });
  await check("and refuses another file than that of the minutes", async () => {
    await writeFile(file, bytes);
    const other = createHash("sha256").update(hash).digest("hex");
    const { code } = await caucus.command(["recount", file, "--sha256", other]);
    return equal(code, 1);
  });
}
