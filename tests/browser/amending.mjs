// The way of an amendment, from the first word to what its vote changed under another one.

import { check, equal, eventually } from "../node/checks.mjs";
import { forward } from "../node/clock.mjs";

const KINDLY = "Help is given freely and kindly.";

/** With scripts the change is shown while it is written; nothing typed is touched. */
export async function type(stage) {
  const ada = await stage.ada.withScriptsOn();
  const { page } = ada;
  const forbidden = [];
  page.on("console", (message) => message.type() === "error" && forbidden.push(message.text()));
  await ada.open("/documents/manifesto/amend");
  await ada.fillIn({ "1.2": true });
  await ada.press("Write the change");
  await check("at first nothing is changed", () => told(page, "Nothing is changed so far."));
  const words = page.getByLabel("New words of 1.2");
  await words.fill("");
  await words.pressSequentially(KINDLY);
  await check("the change appears without a click", async () => (await told(page, "This changes 1 thing.")) && page.locator("#live ins", { hasText: "and kindly." }).waitFor().then(() => true));
  await check("the text and the focus stay where they were", async () => {
    equal(await words.inputValue(), KINDLY);
    return words.evaluate((each) => document.activeElement === each && each.selectionStart === each.value.length);
  });
  await page.getByLabel("What changes, in plain words").fill("Adds that help is given kindly.");
  await check("the words of the summary are counted", () => page.locator("#summary-hint", { hasText: "so far 6 words." }).waitFor().then(() => true));
  stage.shown = await page.locator("#live-changes").innerText();
  await ada.looksAt("form for an amendment while one writes");
  await overtaken(page, words);
  await check("the policy of the page forbids nothing that it needs", () => equal(forbidden, []));
  await page.context().clearCookies();
  await words.pressSequentially(" Always.");
  await check("whose session has ended is told so", () => told(page, "Your session has ended"));
  await check("and keeps the text", async () => equal(await words.inputValue(), "The last words. Always."));
  await page.context().close();
}

/** An answer that comes late does not replace a later one. */
async function overtaken(page, words) {
  let isFirst = true;
  await page.route("**/amend", async (route) => {
    const answer = await route.fetch();
    if (isFirst) {
      isFirst = false;
      await new Promise((resolve) => page.locator("#live ins", { hasText: "last" }).waitFor().then(resolve, resolve));
    }
    await route.fulfill({ response: answer }).catch(() => {});
  });
  const first = page.waitForRequest("**/amend");
  await words.fill("The first words.");
  await first;
  await words.fill("The last words.");
  await check("the last answer stands", () => page.locator("#live ins", { hasText: "last" }).waitFor().then(() => true));
  await page.unroute("**/amend");
  await check("also when an earlier one comes after it", async () => equal(await page.locator("#live ins", { hasText: "first" }).count(), 0));
}

/** The line that is read out says these words. */
async function told(page, words) {
  await page.locator("#live-told", { hasText: words }).waitFor();
  return true;
}

export async function propose(stage) {
  const { ada } = stage;
  await ada.open("/documents");
  await ada.looksAt("documents");
  await ada.go("Manifesto");
  await check("the numbered clauses survived", () => ada.mustRead("1.2"));
  await ada.looksAt("a document");
  await ada.go("Propose an amendment");
  await ada.looksAt("choice of clauses");
  await ada.fillIn({ "1.2": true });
  await ada.press("Write the change");
  await ada.looksAt("form for an amendment");
  await ada.fillIn({
    "New words of 1.2": KINDLY,
    "Title": "Say that we are kind",
    "What changes": "Adds that help is given kindly.",
    "How does this fit": "Kindness is what holds us together.",
  });
  await ada.press("Look at the change");
  await check("without scripts the button shows the same", async () => equal(await ada.page.locator(".change").innerText(), stage.shown.trim()));
  await ada.looksAt("preview of an amendment");
  await ada.press("Propose it");
  stage.amendment = ada.page.url();
  await check("an amendment shows what changes", () => ada.mustRead("and kindly"));
  await ada.looksAt("an amendment without backing");
  await ada.open("/documents/manifesto/clauses/1.2");
  await ada.looksAt("a clause and its history");
  await ada.open("/documents/import");
  await ada.looksAt("form for importing a document");
}

export async function object({ ada, grace, amendment }) {
  await grace.open(amendment);
  await grace.unfold("Object to this amendment");
  await grace.fillIn({ "Your reason": "It does not say to whom. ".repeat(30) });
  await grace.press("Object");
  await grace.looksAt("an amendment with an objection that is too long");
  await check("an objection that is too long is still there", async () => (await grace.page.getByLabel("Your reason").inputValue()).startsWith("It does not say"));
  await grace.fillIn({ "Your reason": "It does not say to whom." });
  await grace.press("Object");
  await check("an objection looks for a backer", () => grace.mustRead("Once another member backs it"));
  await grace.fillIn({ "Your view": "I like 1.1 as it is." });
  await grace.press("Write it");
  await ada.open(amendment);
  await ada.fillIn({ "Your answer": "To everybody. ".repeat(50) });
  await ada.press(/^Answer/);
  await ada.looksAt("an amendment with an answer that is too long");
  await ada.page.locator("#trouble a").first().click();
  await check("the summary leads to the answer, which is still there", () => ada.page.locator("#answer:target").inputValue());
  await ada.fillIn({ "Your answer": "To everybody." });
  await ada.press(/^Answer/);
  await check("the answer stands below the objection", () => ada.mustRead("The proposer answers"));
}

/** Another proposal about a clause that a vote is open on, by the member who did not propose the first. */
export async function queue(stage) {
  const { grace, amendment } = stage;
  await grace.open("/documents/manifesto/amend");
  await grace.fillIn({ "1.2": true });
  await grace.press("Write the change");
  await grace.fillIn({ "New words of 1.2": "Help is given." });
  await grace.unfold("Change further things");
  await grace.fillIn({ "1.1 We look": true, "The name of the community": true });
  await grace.press("Write these changes too");
  await check("what was typed is still there", async () => (await grace.page.getByLabel("New words of 1.2").inputValue()) === "Help is given.");
  await grace.looksAt("form for an amendment of several things");
  await grace.fillIn({ "New name": "The Commons of the Valley", "Title": "Say less", "What changes": "Takes a word away.", "How does this fit": "Fewer words." });
  await grace.press("Look at the change");
  await grace.press("Propose it");
  stage.rival = grace.page.url();
  await check("it says for which vote it waits", () => grace.mustRead("Say that we are kind"));
  await grace.looksAt("an amendment that waits for another");
  await grace.open(amendment);
  await grace.looksAt("an amendment for which another waits");
}

export async function back({ ada, grace, amendment }) {
  await grace.open(amendment);
  await grace.press("Back this amendment");
  await check("another member backs it", () => grace.mustRead("Backed by 1 member"));
  await ada.open(amendment);
  await ada.unfold("Open the vote now");
  await ada.press("Open it now for one week");
  await check("the proposer opens the vote", () => ada.mustRead("open"));
  await ada.looksAt("an amendment that is voted on");
}

export async function vote({ ada, grace, amendment }) {
  for (const member of [ada, grace]) {
    await member.open(amendment);
    await member.fillIn({ "For": true });
    await member.press(/vote/i);
    await check(`${member.name} votes and gets a receipt`, () => member.mustRead("receipt"));
  }
  await ada.open(`${amendment}/can-i-vote`);
  await check("who voted is told that it may be changed", () => ada.mustRead("you have voted"));
  await ada.fillIn({ "Your handle": "@ada@elsewhere.example" });
  await ada.press("Check");
  await check("a handle that is not linked would be a sounding", () => ada.mustRead("not among your linked accounts"));
  await ada.looksAt("can I vote");
  await ada.open(amendment);
  await ada.go("Who could see what until then");
  await check("what could be seen is told in plain words", () => ada.mustRead("destroyed"));
  await ada.looksAt("who can see a vote");
}

/** A week passes while the server is down; the steward confirms the time, and the vote closes. */
export async function close(stage) {
  const { caucus, ada, visitor, amendment } = stage;
  await caucus.halt();
  await forward(7 * 24 * 3600);
  await caucus.serve();
  await ada.open("/steward/time");
  await check("nothing is decided while the time is uncertain", () => ada.mustRead("no vote is opened or closed"));
  await ada.looksAt("the clock in doubt");
  await ada.press(/^The time is/);
  await check("the vote closes once a steward has confirmed the time", () =>
    eventually("the result", async () => {
      await visitor.open(amendment);
      return visitor.mustRead("Carried");
    }));
  await visitor.looksAt("an amendment that was carried");
  await visitor.go("Minutes");
  await check("the minutes say what was decided and that the server was down", async () =>
    (await visitor.mustRead("100.0 %")) && visitor.mustRead("it was down"));
  await visitor.looksAt("minutes of a vote");
  await ada.open(visitor.page.url());
  await check("members read who moved it", () => ada.mustRead("Ada Field"));
  await ada.looksAt("minutes seen by a member");
  await visitor.open("/documents/manifesto");
  await check("the document has the new text", () => visitor.mustRead("freely and kindly"));
  await visitor.open("/documents/manifesto/clauses/1.2");
  await check("the clause tells which vote brought it", () => visitor.mustRead("Say that we are kind"));
  await visitor.looksAt("a clause that a vote changed");
}

/** The vote took the ground from the other proposal: its proposer is led through what is new. */
export async function rebase({ grace, rival }) {
  await grace.open(rival);
  await grace.go("See what is different now");
  await check("it is told what it started from, what stands and what is proposed", async () => {
    for (const words of ["Help is given freely.", "freely and kindly.", "Write it anew", "Nothing that this starts from has changed"]) await grace.mustRead(words);
    return true;
  });
  await grace.looksAt("what a vote changed under an amendment");
  await grace.go("Write it anew");
  await check("the sheet is filled in and marks what is new", async () =>
    (await grace.mustRead("A vote has changed these words since you wrote yours")) &&
    (await grace.page.getByLabel("New words of 1.2").inputValue()) === "Help is given.");
  await grace.looksAt("form for an amendment that was overtaken");
  await grace.fillIn({ "What happens to it? (1.2)": "It stays as it stands now" });
  await grace.press("Look at the change");
  await grace.press("Save it");
  await check("what was let go is not proposed any more", async () => (await grace.mustRead("Your change is saved")) && grace.mustNotRead("Clause 1.2"));
}

/** What came of the documents: versions beside each other. */
export async function versions(stage) {
  for (const [path, name] of [["/documents/manifesto/versions/1", "a version of a document"], ["/documents/manifesto/compare?from=1&to=2", "two versions beside each other"]]) {
    await stage.visitor.open(path);
    await stage.visitor.looksAt(name);
  }
  await stage.grace.open(stage.amendment);
  await stage.grace.looksAt("an amendment with objections and remarks");
}
