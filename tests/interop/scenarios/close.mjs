import { Create, Note, Update } from "@fedify/vocab";
import { check, equal, eventually } from "../../node/checks.mjs";
import { forward } from "../../node/clock.mjs";
import { A_WEEK, isAbout, queueIsEmpty, SHOWN_TOTAL } from "./ballot.mjs";
import { messagesTo, messageWith, taken, vote } from "./people.mjs";

/** A week passes while the server is down. The vote closes, once, and everybody concerned hears. */
export async function close(stage) {
  await weekPasses(stage);
  await everybodyHears(stage);
  await resultIsShown(stage);
  await latecomersAreTold(stage);
}

async function weekPasses(stage) {
  const { caucus, ballot } = stage;
  const before = (await caucus.object(ballot.object_id)).json;
  await check("the server stops in good order while the vote is open", async () => equal(await caucus.halt(), 0));
  await forward(A_WEEK);
  caucus.begin();
  // Asked while it starts: whatever comes is the first answer that anybody gets.
  const unsure = await eventually("the first answer", () => caucus.object(ballot.object_id).catch(() => null));
  await check("as long as nobody can say how long the server was away, nothing shows and nothing closes", () =>
    equal([unsure.status, unsure.json.closed, ...totals(unsure.json)], [200, undefined, 0, 0, 0]));
  await caucus.run(["clock", "confirm", "--by", "ada"]);
  const isOver = async () => {
    const answer = await caucus.object(ballot.object_id);
    return answer.json.closed && answer;
  };
  const first = await eventually("the time is known", isOver, 30_000);
  await check("the first answer after that has the final numbers and says closed", () =>
    equal([first.status, first.json.votersCount, ...totals(first.json)], [200, 3, 2, 0, 1]) &&
    equal(first.json.closed, before.endTime));
  await check("all else of the Question is as it was", () => equal(withoutNumbers(first.json), withoutNumbers(before)));
  await caucus.ready();
  stage.final = first.json;
}

async function everybodyHears(stage) {
  const { peer, far, ballot } = stage;
  for (const [who, server] of [["followers", peer], ["voters whose server follows nobody here", far]]) {
    await check(`${who} get the Update of the Question with the final numbers`, async () => {
      const { json } = await server.expect(Update, (update) => update.objectId?.href === ballot.object_id);
      return equal(totals(json.object), [2, 0, 1]) && equal(json.object.closed, stage.final.closed);
    });
    await check(`${who} get the result as a reply to the Question, with its three shares`, async () => {
      const { activity } = await server.expect(Create, (_, json) => isResult(json, ballot));
      stage.result = await activity.getObject(server.context);
      const text = stage.result.content.toString();
      return (
        stage.result instanceof Note &&
        equal(stage.result.attributionId.href, stage.community.id.href) &&
        equal(text.match(/\d+\.\d\s?%/g), ["100.0 %", "66.7 %", "50.0 %"]) &&
        text.includes("Carried")
      );
    });
  }
  await queueIsEmpty(stage);
  await check("each server got one Update and one result", () =>
    equal([peer, far].map((server) => [updates(server, ballot).length, results(server, ballot).length]), [[1, 1], [1, 1]]));
}

async function resultIsShown({ caucus, amendment, ballot, peer, result }) {
  await check("the page shows the totals", async () =>
    SHOWN_TOTAL.test(await fetch(ballot.url, { headers: { accept: "text/html" } }).then((answer) => answer.text())));
  await check("the result can be fetched at its id", async () => {
    const fetched = await peer.context.lookupObject(result.id);
    return equal(fetched.content.toString(), result.content.toString());
  });
  await check("the document has the new text", async () => {
    const { clauses } = await caucus.api("GET", `/documents/${amendment.document}`);
    return clauses.some((clause) => clause.text.includes("We help each other, kindly."));
  });
}

async function latecomersAreTold(stage) {
  const { caucus, peer, far, ballot, community } = stage;
  await peer.send("ann", community, stage.firstVote);
  await vote(stage, "ann", ballot, "Against", community);
  await vote(stage, "ann", ballot, "Abstain", community);
  await vote({ peer: far }, "zoe", ballot, "Against", community);
  await messageWith(far, "zoe", community, "reached us after the close");
  await messageWith(peer, "ann", community, "reached us after the close");
  await queueIsEmpty(stage);
  await check("who votes too late is told once", async () => {
    const told = [await messagesTo(peer, "ann", community), await messagesTo(far, "zoe", community)];
    return equal(told.map((notes) => notes.filter((note) => note.content.toString().includes("reached us after the close")).length), [1, 1]);
  });
  await check("late votes change nothing", async () => equal((await caucus.object(ballot.object_id)).json, stage.final));
  await check("and send nothing to others", () =>
    equal([peer, far].map((server) => [updates(server, ballot).length, results(server, ballot).length]), [[1, 1], [1, 1]]));
}

function totals(question) {
  return question.oneOf.map((option) => option.replies.totalItems);
}

function withoutNumbers({ votersCount, closed, ...rest }) {
  return { ...rest, oneOf: rest.oneOf.map(({ replies, ...option }) => option) };
}

function updates(server, ballot) {
  return taken(server, (activity) => activity.type === "Update" && isAbout(activity, ballot));
}

function results(server, ballot) {
  return taken(server, (activity) => activity.type === "Create" && isResult(activity, ballot));
}

/** Whether something is said aloud about the Question. */
function isResult(activity, ballot) {
  const isPublic = [activity.to, activity.cc].flat().some((to) => /^(as:Public|.*#Public)$/.test(to));
  return isPublic && activity.object?.inReplyTo === ballot.object_id;
}
