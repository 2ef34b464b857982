// A person with a browser and without scripts: from the set-up page to a decided vote, on a
// small and on a large screen. Prints named checks and ends with "N passed, N failed". Run by
// tests/run; with SCREENSHOTS=folder it also keeps pictures of what it saw.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { check, equal, finish, part } from "../node/checks.mjs";
import { Caucus } from "../node/caucus.mjs";
import { Visitor } from "./visitor.mjs";
import { recount } from "./recount.mjs";
import { walk } from "./walk.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
  .concat(["--disable-component-update", "--disable-sync"]);

const home = await mkdtemp(join(tmpdir(), "caucus-browser-"));
const caucus = await Caucus.prepare();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: FLAGS,
  // The browser keeps the machine's own clock.
  env: { ...process.env, HOME: home, LD_PRELOAD: "" },
});
try {
  part("in the browser, without scripts");
  await caucus.serve();
  await check("the walk was gone to its end", async () => (await walk(caucus, (name) => Visitor.enter(browser, caucus, name)), true));
  part("in the browser, with scripts");
  await check("every record was put to the page", async () => (await recount(caucus, browser), true));
} finally {
  await browser.close();
  await check("the server stops in good order", async () => equal(await caucus.stop(), 0));
  await rm(home, { recursive: true, force: true });
}
if (process.env.SHOW_LOG) console.log(caucus.log);
process.exit(finish());
