import { Create, Group, Mention, Note } from "@fedify/vocab";
import { check, equal, eventually } from "../../node/checks.mjs";
import { vote } from "./polls.mjs";

const A_WEEK = 604_800;

/** Ann is a member here: she proves her handle, and votes on an amendment from her own server. */
export async function ballot(stage) {
  const { caucus, peer } = stage;
  stage.community = await peer.context.lookupObject(`@commons@${caucus.host}`);
  if (!(stage.community instanceof Group)) throw new Error("the community was not found");
  await linked(stage);
  await opened(stage);
  await voted(stage);
}

async function linked({ caucus, peer }) {
  await caucus.api("POST", "/linked-actors", { handle: `@ann@${peer.host}` });
  const code = await check("a code arrives as a direct message of the community", async () => {
    const { activity } = await peer.expect(Create, async (create) => {
      const note = await create.getObject(peer.context);
      return note instanceof Note && /\b\d{6}\b/.test(note.content) && (await mentions(peer, note, "ann"));
    });
    const note = await activity.getObject(peer.context);
    return (
      equal(activity.actorId.href, `${caucus.base}/c/commons`) &&
      equal([...note.toIds, ...note.ccIds].map((to) => to.href), [peer.actor("ann").href]) &&
      note.content.toString().match(/\b(\d{6})\b/)[1]
    );
  });
  await caucus.api("POST", "/linked-actors/confirmation", { code });
  await check("the code proves the handle", async () => {
    const { items } = await caucus.api("GET", "/linked-actors");
    return equal(items.map((linked) => linked.actor), [peer.actor("ann").href]);
  });
}

async function opened(stage) {
  const { caucus, peer } = stage;
  await caucus.run(["member", "add", "grace", "--password-stdin"], "a password for grace only");
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
  await caucus.api("POST", `/amendments/${amendment.id}/backing`, undefined, await caucus.tokenOf("grace"));
  stage.ballot = await caucus.api("POST", `/amendments/${amendment.id}/opening`);
  await check("the ballot is a Question of the community, open for exactly a week", async () => {
    const { json } = await caucus.object(stage.ballot.object_id);
    const question = await peer.context.lookupObject(stage.ballot.object_id);
    const seconds = (Date.parse(json.endTime) - Date.parse(json.published)) / 1000;
    return (
      equal(json.oneOf.map((option) => option.name), ["For", "Against", "Abstain"]) &&
      equal(question.attributionId.href, stage.community.id.href) &&
      equal(seconds, A_WEEK)
    );
  });
}

async function voted(stage) {
  const { caucus, peer, community } = stage;
  await vote(stage, "ann", stage.ballot, "Against", community);
  await check("a member's vote from her own server is her ballot", () => eventually("the ballot", async () => equalOrFalse(await choices(caucus, stage), ["Against"])));
  await vote(stage, "ann", stage.ballot, "For", community);
  await check("until the close her last vote counts", () => eventually("the new ballot", async () => equalOrFalse(await choices(caucus, stage), ["For"])));
  await check("while it is open the totals are zero and the number of voters is live", async () => {
    const { json } = await caucus.object(stage.ballot.object_id);
    return equal([json.votersCount, ...json.oneOf.map((option) => option.replies.totalItems)], [1, 0, 0, 0]);
  });
  await vote(stage, "bob", stage.ballot, "Against", community);
  await check("somebody who is not a member is told so, and how to join", async () => {
    const { activity } = await peer.expect(Create, async (create) => {
      const note = await create.getObject(peer.context);
      return note instanceof Note && create.actorId.href === community.id.href && (await mentions(peer, note, "bob"));
    });
    return equal((await activity.getObject(peer.context)).toIds.map((to) => to.href), [peer.actor("bob").href]);
  });
  await check("their vote is in no number of the ballot", async () => {
    const { json } = await caucus.object(stage.ballot.object_id);
    return equal(json.votersCount, 1);
  });
}

async function choices(caucus, stage) {
  return (await caucus.api("GET", `/polls/${stage.ballot.id}`)).my_choices;
}

function equalOrFalse(have, want) {
  return JSON.stringify(have) === JSON.stringify(want);
}

async function mentions(peer, note, name) {
  for await (const tag of note.getTags(peer.context)) {
    if (tag instanceof Mention && tag.href.href === peer.actor(name).href) return true;
  }
  return false;
}
