import { Create, Question } from "@fedify/vocab";
import { check, equal, eventually } from "../../node/checks.mjs";
import { Member } from "../../node/member.mjs";
import { mentions, messageWith, reply, taken, vote } from "./people.mjs";

export const A_WEEK = 604_800;

/** The members vote on an amendment, Ann from her own server; supporters say what they think. */
export async function ballot(stage) {
  await opened(stage);
  await annVotes(stage);
  await annVotesByWord(stage);
  await othersVote(stage);
  await nothingShows(stage);
}

async function opened(stage) {
  const { caucus, peer } = stage;
  stage.tokens = {};
  for (const member of ["grace", "hal", "ivy"]) {
    await caucus.run(["member", "add", member, "--password-stdin"], `a password for ${member} only`);
    stage.tokens[member] = await caucus.tokenOf(member);
    await (await Member.signIn(caucus, member, `a password for ${member} only`)).confirmToken();
  }
  const [document] = (await caucus.api("GET", "/documents")).items;
  const { clauses } = await caucus.api("GET", `/documents/${document.slug}`);
  const clause = clauses.find((each) => each.text.includes("We help each other"));
  const amendment = await caucus.api("POST", "/amendments", {
    document: document.slug,
    title: "Say that we are kind",
    summary: "Adds that help is given kindly.",
    values_fit: "Kindness is what holds us together.",
    changes: [{ clause: clause.id, text: "We help each other, kindly." }],
  });
  await caucus.api("POST", `/amendments/${amendment.id}/backing`, undefined, stage.tokens.grace);
  stage.ballot = await caucus.api("POST", `/amendments/${amendment.id}/opening`);
  stage.amendment = { id: amendment.id, document: document.slug };
  await check("the ballot arrives as a Question of the community, open for exactly a week", async () => {
    const { activity, json } = await peer.expect(Create, (create) => create.objectId?.href === stage.ballot.object_id);
    const question = await activity.getObject(peer.context);
    const seconds = question.endTime.epochMilliseconds / 1000 - question.published.epochMilliseconds / 1000;
    return (
      question instanceof Question &&
      equal(json.object.oneOf.map((option) => option.name), ["For", "Against", "Abstain"]) &&
      equal(question.attributionId.href, stage.community.id.href) &&
      equal(seconds, A_WEEK)
    );
  });
}

async function annVotes(stage) {
  const { peer, ballot, community } = stage;
  stage.firstVote = await vote(stage, "ann", ballot, "Against", community);
  await check("a member's vote from her own server is her ballot", () => becomes(stage, "Against"));
  await vote(stage, "ann", ballot, "For", community);
  await check("until the close her last vote counts", () => becomes(stage, "For"));

  await peer.send("ann", community, stage.firstVote);
  await vote(stage, "ann", ballot, "For", community);
  await vote(stage, "bob", ballot, "Against", community);
  // What came before Bob's vote is dealt with when he is answered.
  await check("somebody who is not a member is told so, and how to join", async () => {
    const note = await messageWith(peer, "bob", community, "anybody may join");
    return mentions(peer, note, "bob");
  });
  await check("the same vote twice, and the same choice again, change nothing", async () =>
    equal([await choices(stage), (await question(stage)).votersCount], [["For"], 1]));
}

async function annVotesByWord(stage) {
  const { caucus, peer, ballot, community } = stage;
  const word = await reply(peer, "ann", ballot.object_id, community, `<p><a href="${community.id}">@commons</a> against</p>`);
  await check("a reply of a single word is a ballot too", () => becomes(stage, "Against"));
  await vote(stage, "ann", ballot, "For", community);
  await check("and a vote after it counts in its place", () => becomes(stage, "For"));
  await check("the reply is on no page, for members neither", async () => {
    const ada = await Member.signIn(caucus, "ada", "correct horse battery staple");
    for (const path of ["/", `/amendments/${stage.amendment.id}`, `/polls/${ballot.id}`, "/c/bees/messages"]) {
      const page = await ada.page(path);
      if (page.includes(word.id.href) || page.includes(peer.actor("ann").href)) throw new Error(`it is on ${path}`);
    }
    return true;
  });
}

async function othersVote(stage) {
  const { caucus, far, ballot, community } = stage;
  stage.receipts = [];
  for (const [member, choice] of [["grace", "For"], ["hal", "Abstain"]]) {
    const { receipt } = await caucus.api("POST", `/polls/${ballot.id}/ballot`, { choices: [choice] }, stage.tokens[member]);
    stage.receipts.push(receipt);
  }
  await vote({ peer: far }, "zoe", ballot, "For", community);
  await check("a supporter whose server follows nobody here is answered there", async () =>
    mentions(far, await messageWith(far, "zoe", community, "counted apart"), "zoe"));
}

/** While it is open: no totals for anybody, the number of voters for everybody, no Update. */
async function nothingShows(stage) {
  const { caucus, peer, far, ballot } = stage;
  const signed = await peer.context.getDocumentLoader({ identifier: "ann" });
  const objects = { unsigned: (await caucus.object(ballot.object_id)).json, signed: (await signed(ballot.object_id)).document };
  for (const [how, object] of Object.entries(objects)) {
    await check(`a GET, ${how}, shows the number of voters and no totals`, () =>
      equal([object.votersCount, ...object.oneOf.map((option) => option.replies.totalItems)], [3, 0, 0, 0]));
  }
  await check("the page shows the number of voters and no totals", async () => {
    const page = await fetch(ballot.url, { headers: { accept: "text/html" } }).then((answer) => answer.text());
    return page.includes("3 voters") && !SHOWN_TOTAL.test(page);
  });
  await check("the API shows the number of voters and no totals", async () => {
    const poll = await fetch(`${caucus.base}/api/v1/polls/${ballot.id}`).then((answer) => answer.json());
    return equal([poll.voters_count, ...poll.options.map((option) => option.total), poll.result], [3, null, null, null, null]);
  });
  await queueIsEmpty(stage);
  await check("no Update of the Question was sent", () =>
    equal([peer, far].flatMap((each) => taken(each, (activity) => activity.type === "Update" && isAbout(activity, ballot))), []));
}

/** A total of an option on the page of a poll. */
export const SHOWN_TOTAL = /<strong>(For|Against|Abstain)<\/strong>: \d/;

/** Waits until everything that was to be sent has arrived. */
export async function queueIsEmpty({ caucus }) {
  await eventually("an empty queue", async () => (await caucus.run(["queue"])).includes("Nothing waits"));
}

export function isAbout(activity, poll) {
  return (activity.object?.id ?? activity.object) === poll.object_id;
}

const STANDING = `SELECT name FROM ballots JOIN poll_options USING (poll_id)
  WHERE poll_id = ? AND choices = 1 << position ORDER BY receipt`;

/** What the ballots say that stand. Nobody is told while the vote is open, not even their voters. */
async function choices({ caucus, ballot }) {
  const told = await caucus.api("GET", `/polls/${ballot.id}`);
  if ("my_choices" in told) throw new Error(`the API tells ${JSON.stringify(told)}`);
  return caucus.rows(STANDING, ballot.id).map((row) => row.name);
}

async function question({ caucus, ballot }) {
  return (await caucus.object(ballot.object_id)).json;
}

function becomes(stage, choice) {
  return eventually(`the choice ${choice}`, async () => JSON.stringify(await choices(stage)) === JSON.stringify([choice]));
}
