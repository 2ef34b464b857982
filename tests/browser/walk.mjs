// The walk: what people do, in order.

import { check } from "../node/checks.mjs";
import { back, close, object, propose, queue, rebase, type, versions, vote } from "./amending.mjs";

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
