// The walk: what people do, in order.

import { check, equal, eventually } from "../node/checks.mjs";
import { forward } from "../node/clock.mjs";

const MANIFESTO = `1. Purpose
   1.1. We look after the commons of the valley: its bees, its books and its paths.
   1.2. Help is given freely.
2. Decisions
   2.1. Everybody has one vote.
   2.2. This text is changed by two thirds of those who vote.
`;

/** From the empty server to an amendment that was voted on. */
export async function walk(caucus, enter) {
  const ada = await enter("ada");
  const stage = { caucus, enter, ada };
  for (const scene of [setUp, join, cabal, help, offer, answer, finish, progress, poll, volunteer, speak, type, propose, object, back, queue, vote, close, rebase, look, leave]) {
    await scene(stage);
  }
}

async function setUp({ caucus, ada }) {
  await ada.open("/");
  await ada.looksAt("front page before set-up");
  const link = caucus.log.match(/https?:\/\/\S*\/setup\S*/)?.[0];
  await check("the server prints a set-up link", () => link);
  await ada.open(link);
  await ada.looksAt("set-up page");
  await ada.fillIn({
    "Name": "The Valley Commons",
    "Handle": "admin",
    "Mission": "We look after what belongs to everybody in the valley: bees, books and paths.",
    "Title": "Manifesto",
    "Text": MANIFESTO.replace("2. Decisions", "3. Decisions"),
  });
  await ada.press("Look at the clauses");
  await check("all problems are told in one list, and what was typed is still there", async () => {
    const mission = await ada.page.getByLabel("Mission").inputValue();
    return (await ada.mustRead("Please have another look")) && mission.includes("bees, books and paths");
  });
  await ada.looksAt("set-up page with problems");
  await ada.fillIn({ "Handle": "commons", "Text": MANIFESTO });
  await ada.press("Look at the clauses");
  await check("each clause is shown with its number before anything is kept", () => ada.mustRead("Help is given freely"));
  await ada.looksAt("set-up page with the clauses");
  await ada.fillIn({ "Your handle": "ada", "Your name": "Ada Field", "Password": "short" });
  await ada.press("Create the community");
  await ada.looksAt("set-up page with the clauses and a problem");
  await ada.fillIn({ "Password": "correct horse battery staple" });
  await ada.press("Create the community");
  await check("the community is there and its first member signed in", async () => {
    await ada.open("/");
    return (await ada.mustRead("belongs to everybody in the valley")) && (await isSignedIn(ada));
  });
  await ada.looksAt("front page");
}

async function isSignedIn(visitor) {
  const count = (name) => visitor.page.getByRole("link", { name }).count();
  // What is new is counted in the name of the link.
  return (await count(/^Your account( \d+ new)?$/)) === 1 && (await count(/^Sign in$/)) === 0;
}

async function join(stage) {
  const grace = (stage.grace = await stage.enter("grace"));
  await grace.open("/");
  await grace.go("Join");
  await grace.looksAt("sign-up page");
  await grace.fillIn({ "Handle": "grace", "Name": "Grace Hill", "Password": "a long phrase of grace" });
  await grace.fillIn({ "I am eligible": true, "I have read": true });
  await grace.press("Sign and join");
  await check("who signs the documents is a member", () => isSignedIn(grace));
}

async function cabal({ ada }) {
  await ada.open("/cabals/new");
  await ada.looksAt("form for a new cabal");
  await ada.fillIn({ "Name": "Bee watch", "Purpose": "We count the bees of the valley and build hives for them." });
  await ada.press("Form the cabal");
  await check("a cabal is live at once, with its handle", () => ada.mustRead(`@bee_watch@`));
  await ada.looksAt("page of a cabal");
}

async function help(stage) {
  const { ada } = stage;
  await ada.open("/c/bee_watch");
  await ada.go("Ask for help");
  await ada.looksAt("form for a help request");
  await ada.fillIn({
    "What is to be done": "Please help us to build three hives before the spring. We have the wood and the plans.",
    "Skills": "carpentry, patience",
    "Hours": "4",
    "Place": "The old mill",
  });
  await ada.press("Publish");
  stage.request = ada.page.url();
  await check("a help request is published", () => ada.mustRead("three hives before the spring"));
  await ada.looksAt("help request seen by its cabal");
}

async function offer(stage) {
  const visitor = (stage.visitor = await stage.enter("a visitor"));
  await visitor.open("/help-requests");
  await visitor.looksAt("board of help requests");
  await visitor.open(stage.request);
  await visitor.looksAt("help request seen by anybody");
  await visitor.go("Offer help here");
  await visitor.looksAt("form for an offer");
  await visitor.fillIn({ "Your name": "Sam", "How can they reach you": "sam@example.org", "What can you do": "I have a saw and a free Saturday." });
  await visitor.press("Send the offer");
  await check("somebody without any account can offer help", () => visitor.mustRead("thank you"));
  await check("they get an address at which they can see how the offer stands", () => visitor.mustRead("Keep this address"));
  await visitor.looksAt("offer seen by whoever made it");
  stage.offered = visitor.page.url();
  await check("their way to be reached is not shown to anybody else", async () => {
    await visitor.open(stage.request);
    return visitor.mustNotRead("sam@example.org");
  });
}

async function answer({ ada }) {
  await ada.open("/c/bee_watch/messages");
  await ada.looksAt("offers and messages of a cabal");
  await ada.go("Sam");
  await check("the cabal reads the offer and how to reach Sam", () => ada.mustRead("sam@example.org"));
  await ada.looksAt("an offer");
  await ada.fillIn({ "A few words": "Wonderful. Saturday at nine?" });
  await ada.press("Accept");
  await check("the offer is accepted", () => ada.mustRead("accepted"));
}

async function finish(stage) {
  const { ada, visitor } = stage;
  await visitor.open(stage.offered);
  await check("whoever offered reads the answer", () => visitor.mustRead("Saturday at nine?"));
  await ada.open("/c/bee_watch");
  await check("a request that somebody is on does not vanish", () => ada.mustRead("taken"));
  await ada.go("Offers and messages");
  await check("the cabal finds who is on it and how to reach them", () => ada.mustRead("sam@example.org"));
  await ada.looksAt("offers that were accepted");
  await ada.go("Sam");
  await ada.looksAt("an accepted offer");
  await ada.fillIn({ "They agreed to be thanked": true, "They agreed to be named as": "Sam with the saw" });
  await ada.press("It is done");
  await check("the request is done and Sam is thanked as agreed", async () => (await ada.mustRead("done")) && ada.mustRead("Sam with the saw"));
  await ada.looksAt("a help request that is done");
  await ada.go("Sam with the saw");
  await ada.looksAt("a public thank-you");
}

async function progress({ ada }) {
  await ada.open("/c/bee_watch/progress/new");
  await ada.looksAt("form for progress");
  await ada.page.locator("main textarea").first().fill("The first hive stands. *Thank you*, Sam!");
  await ada.press("Publish");
  await check("progress is told", () => ada.mustRead("The first hive stands"));
  await ada.looksAt("progress");
}

async function poll(stage) {
  const { ada, grace } = stage;
  await ada.open("/c/bee_watch/polls/new");
  await ada.looksAt("form for a poll");
  await ada.fillIn({ "Question": "Which colour shall the hives have?", "Answer 1": "Green", "Answer 2": "Blue" });
  await ada.press("Publish");
  await check("a poll is published", () => ada.mustRead("Which colour shall the hives have"));
  const url = ada.page.url();
  await grace.open(url);
  await grace.looksAt("poll before the vote");
  await grace.fillIn({ "Blue": true });
  await grace.press(/vote/i);
  await check("a member votes on the web and is told so", () => grace.mustRead("receipt"));
  await grace.looksAt("receipt of a vote");
  await grace.open(url);
  await grace.looksAt("poll after the vote");
}

async function volunteer({ ada, grace, visitor }) {
  await visitor.open("/");
  await visitor.go("Who speaks for The Valley Commons");
  await check("nobody speaks for the community unasked", () => visitor.mustRead("Nobody at the moment"));
  await visitor.looksAt("register of spokespeople without anybody");
  await ada.open("/spokespeople");
  await ada.go("Volunteer to speak");
  await ada.looksAt("form for volunteering to speak");
  await ada.fillIn({ "What will you speak for": "the press", "Your last day": "soon" });
  await ada.press("Volunteer");
  await ada.looksAt("form for volunteering to speak with problems");
  const lastDay = new Date(Date.now() + 30 * 24 * 3600 * 1000).toISOString().slice(0, 10);
  await ada.fillIn({ "Your last day": lastDay, "My name may be published": true });
  await ada.press("Volunteer");
  await check("who volunteers waits for another member", () => ada.mustRead("waits for a backer"));
  await visitor.open("/spokespeople");
  await check("and only members see it", () => visitor.mustNotRead("Ada Field"));
  await grace.open("/spokespeople");
  await grace.looksAt("register of spokespeople with somebody to back");
  await grace.press(/^Back them/);
  await check("another member backs, and it is in force", () => grace.mustRead("backed by Grace Hill"));
  await visitor.open("/spokespeople");
  await check("everybody reads who speaks, and not who backed", async () => (await visitor.mustRead("Ada Field")) && visitor.mustNotRead("Grace Hill"));
  await visitor.looksAt("register of spokespeople");
}

async function speak({ ada, grace, visitor }) {
  await ada.open("/spokespeople");
  await ada.go("Speak for the community");
  await ada.looksAt("form for speaking for the community");
  await ada.page.locator("main textarea").first().fill("We *welcome* everybody who likes bees, books or paths.");
  await ada.press("Publish");
  await check("what is said says who speaks", () => ada.mustRead("by Ada Field, spokesperson for the press"));
  await ada.looksAt("what a spokesperson said");
  const url = ada.page.url();
  await ada.go("Edit");
  await ada.looksAt("form for editing what was said");
  await ada.page.locator("main textarea").first().fill("We *welcome* everybody who likes bees, books and paths.");
  await ada.press("Save the change");
  await ada.go("Withdraw");
  await ada.looksAt("question before withdrawing what was said");
  await visitor.open("/");
  await check("it is on the front page", () => visitor.mustRead("everybody who likes bees, books and paths"));
  await visitor.looksAt("front page with what was said");
  await grace.open(url);
  await check("who is no spokesperson changes nothing", () => grace.mustNotRead("Withdraw"));
  await ada.open("/spokespeople");
  await check("the register tells what was done", () => ada.mustRead("edited a post"));
  await ada.looksAt("register seen by a spokesperson");
  await ada.press(/^Step down/);
  await check("stepping down is one tap", () => ada.mustRead("Nobody at the moment"));
  await ada.looksAt("register with somebody who spoke before");
}

const KINDLY = "Help is given freely and kindly.";

/** With scripts the change is shown while it is written; nothing typed is touched. */
async function type(stage) {
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

async function propose(stage) {
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

async function object({ ada, grace, amendment }) {
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
async function queue(stage) {
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

async function back({ ada, grace, amendment }) {
  await grace.open(amendment);
  await grace.press("Back this amendment");
  await check("another member backs it", () => grace.mustRead("Backed by 1 member"));
  await ada.open(amendment);
  await ada.unfold("Open the vote now");
  await ada.press("Open it now for one week");
  await check("the proposer opens the vote", () => ada.mustRead("open"));
  await ada.looksAt("an amendment that is voted on");
}

async function vote({ ada, grace, amendment }) {
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
async function close(stage) {
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
async function rebase({ grace, rival }) {
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
async function versions(stage) {
  for (const [path, name] of [["/documents/manifesto/versions/1", "a version of a document"], ["/documents/manifesto/compare?from=1&to=2", "two versions beside each other"]]) {
    await stage.visitor.open(path);
    await stage.visitor.looksAt(name);
  }
  await stage.grace.open(stage.amendment);
  await stage.grace.looksAt("an amendment with objections and remarks");
}

async function look(stage) {
  await versions(stage);
  for (const [path, name] of [["/amendments", "amendments"], ["/cabals", "cabals"], ["/about", "about this server"], ["/log", "log of the stewards"], ["/sign-in", "sign-in page"], ["/recount", "counting a vote again"]]) {
    await stage.visitor.open(path);
    await stage.visitor.looksAt(name);
  }
  await stage.visitor.open("/cabals/new");
  await stage.visitor.looksAt("sign-in page for whoever was led there");
  for (const [path, name] of [
    ["/account", "account"],
    ["/account/password", "form for a new password"],
    ["/account/sessions", "list of sessions"],
    ["/c/bee_watch/leave", "question before leaving a cabal"],
    [`${new URL(stage.request).pathname}`, "a help request with thanks"],
    ["/steward", "page of the stewards"],
    ["/steward/time", "the server and its clock"],
  ]) {
    await stage.ada.open(path);
    await stage.ada.looksAt(name);
  }
}

async function leave({ grace }) {
  await grace.open("/account/leave");
  await grace.looksAt("question before leaving the community");
  await grace.press("Leave and erase my data");
  await check("who leaves is told what is gone", () => grace.mustRead("Your personal data is erased"));
  await grace.looksAt("page after leaving");
  await check("and is signed out", async () => !(await isSignedIn(grace)));
}
