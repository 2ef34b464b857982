import { Temporal } from "@js-temporal/polyfill";
import { Create, Delete, Mention, Note, PUBLIC_COLLECTION, Tombstone, Update } from "@fedify/vocab";
import { check, equal, eventually } from "../../node/checks.mjs";
import { fresh } from "./people.mjs";

/** A help request goes out; offers come in by reply, are answered, edited and taken back. */
export async function help(stage) {
  await goesOut(stage);
  await offersComeIn(stage);
  await offersAreAnswered(stage);
  await offersChange(stage);
  await isWithdrawn(stage);
}

async function goesOut(stage) {
  const { caucus, peer, cabal } = stage;
  const request = { what: "Please help us to build three hives.", skills: ["carpentry"], hours: 4, is_remote: false };
  stage.request = await caucus.api("POST", "/cabals/bees/help-requests", request);

  await check("a help request arrives as a Note of the cabal", async () => {
    const { activity } = await peer.expect(Create, (create) => create.objectId?.href === stage.request.object_id);
    stage.note = await activity.getObject(peer.context);
    return (
      stage.note instanceof Note &&
      equal(stage.note.attributionId.href, cabal.id.href) &&
      stage.note.content.toString().includes("three hives") &&
      stage.note.toIds.concat(stage.note.ccIds).some((to) => to.href === PUBLIC_COLLECTION.href)
    );
  });
  await check("its skills are hashtags", async () => {
    const names = [];
    for await (const tag of stage.note.getTags(peer.context)) names.push(tag.name?.toString().toLowerCase());
    return names.includes("#carpentry");
  });
  await check("it can be fetched at its id", async () => {
    const fetched = await peer.context.lookupObject(stage.request.object_id);
    return equal(fetched.content.toString(), stage.note.content.toString());
  });
  await caucus.api("PATCH", `/help-requests/${stage.request.id}`, { what: "Please help us to build FOUR hives." });
  await check("an edit arrives as an Update with the same id", async () => {
    const { activity } = await peer.expect(Update, (update) => update.objectId?.href === stage.request.object_id);
    const note = await activity.getObject(peer.context);
    return note.content.toString().includes("FOUR hives") && note.updated !== null;
  });
}

async function offersComeIn(stage) {
  const { caucus, peer, cabal } = stage;
  stage.reply = reply(stage, "ann", "I have a saw and a free Saturday.", PUBLIC_COLLECTION);
  await peer.send("ann", cabal, create(stage, "ann", stage.reply));
  stage.offer = await check("a public reply is an offer", async () => {
    const offer = await offerOf(stage, "ann");
    return offer.content_html.includes("a saw and a free Saturday") && equal(offer.state, "waiting") && offer;
  });
  stage.quiet = reply(stage, "bob", "I would rather not say it aloud: I can lend nails.", cabal.id);
  await peer.send("bob", cabal, create(stage, "bob", stage.quiet));
  stage.quietOffer = await check("a direct reply is an offer", async () => {
    const offer = await offerOf(stage, "bob");
    return equal(offer.visibility, "direct") && offer;
  });
  for (const [name, note] of [["ann", stage.reply], ["bob", stage.quiet]]) {
    await check(`${name} is told at once what happened`, () => answerTo(peer, name, note));
  }
  await check("a direct offer is for the cabal's eyes only", async () => {
    const page = await fetch(stage.request.url, { headers: { accept: "text/html" } }).then((r) => r.text());
    const answer = await fetch(`${caucus.base}/api/v1/help-requests/${stage.request.id}/offers`);
    return !page.includes("lend nails") && !(await answer.text()).includes("lend nails");
  });
}

async function offersAreAnswered(stage) {
  const { caucus, peer } = stage;
  const seen = peer.received.length;
  await caucus.api("POST", `/offers/${stage.offer.id}/accept`, { words: "Wonderful, see you at nine." });
  await check("an accepted offer is answered with a reply that mentions the offerer", async () => {
    const { activity } = await answerTo(peer, "ann", stage.reply, "see you at nine");
    return peer.received.length > seen && equal(activity.actorId.href, stage.cabal.id.href);
  });
  await caucus.api("POST", `/offers/${stage.quietOffer.id}/decline`, { words: "We have nails, thank you." });
  await check("the answer to a direct offer is direct", async () => {
    const { activity } = await answerTo(peer, "bob", stage.quiet, "We have nails");
    const note = await activity.getObject(peer.context);
    return equal([...note.toIds, ...note.ccIds].map((url) => url.href), [peer.actor("bob").href]);
  });
}

async function offersChange(stage) {
  const { caucus, peer, cabal } = stage;
  const edited = stage.reply.clone({ content: "I have a saw and TWO free Saturdays.", updated: Temporal.Now.instant() });
  const update = new Update({ id: fresh(peer, "updates"), actor: peer.actor("ann"), object: edited, to: PUBLIC_COLLECTION });
  await peer.send("ann", cabal, update);
  await check("an edit of the reply changes the offer", () =>
    eventually("the edit", async () => (await offerOf(stage, "ann")).content_html.includes("TWO free Saturdays")));

  const gone = new Delete({
    id: fresh(peer, "deletes"),
    actor: peer.actor("ann"),
    object: new Tombstone({ id: stage.reply.id }),
    to: PUBLIC_COLLECTION,
  });
  await peer.send("ann", cabal, gone);
  await check("deleting the reply takes the offer back", () =>
    eventually("the end of the offer", async () => {
      const { items } = await caucus.api("GET", `/help-requests/${stage.request.id}/offers`);
      return items.every((offer) => offer.offerer_actor !== peer.actor("ann").href || offer.state === "withdrawn");
    }));
}

async function isWithdrawn({ caucus, peer, request }) {
  await caucus.api("DELETE", `/help-requests/${request.id}`);
  await check("a withdrawn request is deleted at the followers' servers", async () => {
    const { activity } = await peer.expect(Delete, (gone) => gone.objectId?.href === request.object_id);
    return (await activity.getObject(peer.context)) instanceof Tombstone;
  });
  await check("it is gone for good at its id", async () => {
    const { status, json } = await caucus.object(request.object_id);
    return equal([status, json.type], [410, "Tombstone"]);
  });
}

function reply({ peer, request, cabal }, name, content, to) {
  return new Note({
    id: fresh(peer, "notes"),
    attribution: peer.actor(name),
    content,
    published: Temporal.Now.instant(),
    replyTarget: new URL(request.object_id),
    to,
    ccs: to.href === cabal.id.href ? [] : [cabal.id],
    tags: [new Mention({ href: cabal.id, name: `@bees@${new URL(request.url).host}` })],
  });
}

function create({ peer }, name, note) {
  return new Create({ id: fresh(peer, "creates"), actor: peer.actor(name), object: note, tos: note.toIds, ccs: note.ccIds });
}

async function offerOf({ caucus, peer, request }, name) {
  return eventually(`an offer of ${name}`, async () => {
    const { items } = await caucus.api("GET", `/help-requests/${request.id}/offers`);
    return items.find((offer) => offer.offerer_actor === peer.actor(name).href);
  });
}

/** A Create that replies to `note`, mentions its author and holds `words`. */
function answerTo(peer, name, note, words = "") {
  return peer.expect(Create, async (activity, json) => {
    const answer = await activity.getObject(peer.context).catch(() => null);
    if (!(answer instanceof Note) || answer.replyTargetId?.href !== note.id.href) return false;
    for await (const tag of answer.getTags(peer.context)) {
      if (tag instanceof Mention && tag.href.href === peer.actor(name).href) return JSON.stringify(json).includes(words);
    }
    return false;
  });
}
