// The page that counts a record again, with its script: honest records hold, forged ones do not.

import { readFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { check, equal } from "../node/checks.mjs";

const RECORDS = join(import.meta.dirname, "../fixtures/records");

/** Puts the records that the program checks too, and their forgeries, to the page. */
export async function recount(caucus, browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const sent = [];
  page.on("request", (request) => sent.push(`${request.method()} ${request.url()}`));
  await page.goto(`${caucus.base}/recount`);
  // The page itself, and what it links to: the browser may fetch its icon late, on a slow machine.
  const parts = await page.locator("link[rel=stylesheet], link[rel=icon], script[src]").evaluateAll((all) => all.map((one) => one.href || one.src));
  const own = new Set([page.url(), ...parts].map((url) => `GET ${url}`));
  const records = {};
  for (const name of ["amendment", "lead"]) {
    records[name] = await readFile(join(RECORDS, `${name}.json`), "utf8");
    await check(`the record of an honest vote holds (${name})`, () => says(page, records[name], "This record holds"));
  }
  const forgeries = JSON.parse(await readFile(join(RECORDS, "forgeries.json"), "utf8"));
  for (const forgery of forgeries) {
    const record = JSON.parse(records.amendment);
    Object.entries(forgery.set).forEach(([pointer, value]) => set(record, pointer, value));
    await check(`refused: ${forgery.name}`, async () => (await says(page, fitting(record), "This record does not hold")) && says(page, fitting(record), forgery.refused));
  }
  await check("nothing was sent anywhere", () => equal(sent.filter((request) => !own.has(request)).join(", "), ""));
  await context.close();
}

/** Counts a record again on the page; throws unless the page says these words. */
async function says(page, record, words) {
  await page.locator("#outcome").evaluate((outcome) => outcome.replaceChildren());
  await page.getByLabel("The record, a file").setInputFiles({ name: "record.json", mimeType: "application/json", buffer: Buffer.from(record) });
  await page.getByRole("button", { name: "Count again" }).click();
  await page.locator("#outcome h2").waitFor();
  const outcome = await page.locator("#outcome").innerText();
  if (!outcome.includes(words)) throw new Error(`the page does not say "${words}": ${outcome}`);
  return true;
}

/** Changes what a JSON pointer leads to. */
function set(record, pointer, value) {
  const keys = pointer.split("/").slice(1);
  const last = keys.pop();
  keys.reduce((part, key) => part[key], record)[last] = value;
}

/** The record with hashes that fit again, as a forger would send it. */
function fitting({ checksum: _, ...record }) {
  record.frozen_hash = sha256(canonical(record.frozen));
  return canonical({ ...record, checksum: sha256(canonical(record)) });
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex");
}

/** JSON with sorted keys and without spaces. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}
