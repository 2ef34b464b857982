import { Create, Question } from "@fedify/vocab";
import { check, equal, eventually } from "../../node/checks.mjs";
import { vote } from "./people.mjs";

/** A cabal asks; the peer's people vote, once too often and for what is no option. */
export async function polls(stage) {
  const { caucus, peer } = stage;
  const single = await published(stage, {
    question: "Which colour shall the hives have?",
    options: ["Green", "Blue", "Yellow"],
    is_multiple: false,
    totals_hidden: false,
  });
  await check("a single choice arrives as oneOf", () => single && equal(single.names, ["Green", "Blue", "Yellow"]));
  await vote(stage, "ann", single, "Blue");
  await check("a vote is counted", () => eventually("the vote", async () => (await votersOf(caucus, single)) === 1));
  await vote(stage, "ann", single, "Green");
  await vote(stage, "bob", single, "Blue");
  await vote(stage, "bob", single, "Purple");
  await check("everybody counts once, the first vote stands, what is no option is not counted", async () => {
    await eventually("the second voter", async () => (await votersOf(caucus, single)) === 2);
    return equal(await totalsOf(peer, single), { Green: 0, Blue: 2, Yellow: 0 });
  });

  const several = await published(stage, {
    question: "On which days can you come?",
    options: ["Friday", "Saturday", "Sunday"],
    is_multiple: true,
    totals_hidden: true,
  });
  await check("several choices arrive as anyOf", () => several && equal(several.names, ["Friday", "Saturday", "Sunday"]));
  await vote(stage, "ann", several, "Friday");
  await vote(stage, "ann", several, "Sunday");
  await vote(stage, "bob", several, "Sunday");
  await check("hidden totals stay hidden while the poll is open; the number of voters shows", async () => {
    await eventually("both voters", async () => (await votersOf(caucus, several)) === 2);
    return equal(await totalsOf(peer, several), { Friday: 0, Saturday: 0, Sunday: 0 });
  });
}

async function published(stage, poll) {
  const { caucus, peer, cabal } = stage;
  const made = await caucus.api("POST", "/cabals/bees/polls", { ...poll, duration_minutes: 60 });
  return check(`"${poll.question}" arrives as a Question`, async () => {
    const { activity } = await peer.expect(Create, (create) => create.objectId?.href === made.object_id);
    const question = await activity.getObject(peer.context);
    const names = (await optionsOf(peer, question)).map((option) => option.name.toString());
    return (
      question instanceof Question &&
      equal(question.attributionId.href, cabal.id.href) &&
      question.endTime !== null &&
      question.closed === null && { ...made, names }
    );
  });
}

async function optionsOf(peer, question) {
  const options = [];
  for await (const option of question.getInclusiveOptions(peer.context)) options.push(option);
  for await (const option of question.getExclusiveOptions(peer.context)) options.push(option);
  return options;
}

/** Fetched afresh, as a server does that shows the poll. */
async function votersOf(caucus, poll) {
  return (await caucus.object(poll.object_id)).json.votersCount;
}

async function totalsOf(peer, poll) {
  const question = await peer.context.lookupObject(poll.object_id);
  const totals = {};
  for (const option of await optionsOf(peer, question)) {
    totals[option.name.toString()] = (await option.getReplies(peer.context))?.totalItems;
  }
  return totals;
}
