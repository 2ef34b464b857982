import { Accept, Follow, Group, Undo } from "@fedify/vocab";
import { check, equal, eventually } from "../../node/checks.mjs";
import { Member } from "../../node/member.mjs";
import { fresh, mentions, messageWith } from "./people.mjs";

/** Cleo follows the community, on her second try for good; Ann is a member and proves her handle. */
export async function community(stage) {
  const { caucus, peer } = stage;
  stage.community = await peer.context.lookupObject(`@commons@${caucus.host}`);
  if (!(stage.community instanceof Group)) throw new Error("the community was not found");
  await followed(stage);
  await linked(stage);
}

async function followed(stage) {
  const { caucus, peer, community } = stage;
  const first = await follow(stage, "cleo");
  const undo = new Undo({ id: fresh(peer, "undo"), actor: peer.actor("cleo"), object: first });
  await peer.send("cleo", community, undo);
  await check("who follows and takes it back follows no more", () =>
    eventually("the end of the follow", async () => (await followersOf(caucus)) === 0));

  await follow(stage, "cleo");
  await peer.send("cleo", community, undo);
  await peer.send("cleo", community, undo.clone({ id: fresh(peer, "undo") }));
  // What came before Bob's Follow is dealt with when he is answered.
  const bob = await follow(stage, "bob");
  await check("who follows again goes on following when the old Undo comes again", async () =>
    equal(await followersOf(caucus), 2));
  await peer.send("bob", community, new Undo({ id: fresh(peer, "undo"), actor: peer.actor("bob"), object: bob }));
  await eventually("the end of Bob's follow", async () => (await followersOf(caucus)) === 1);
}

async function follow({ peer, community }, name) {
  const activity = new Follow({ id: fresh(peer, "follows"), actor: peer.actor(name), object: community.id });
  await peer.send(name, community, activity);
  await peer.expect(Accept, (accept) => accept.objectId?.href === activity.id.href);
  return activity;
}

async function followersOf(caucus) {
  return (await caucus.object(`${caucus.base}/c/commons/followers`)).json.totalItems;
}

async function linked({ caucus, peer, community }) {
  await (await Member.signIn(caucus, "ada", "correct horse battery staple")).confirmToken();
  await caucus.api("POST", "/linked-actors", { handle: `@ann@${peer.host}` });
  const code = await check("a code arrives as a direct message of the community", async () => {
    const note = await messageWith(peer, "ann", community, "\\b\\d{6}\\b");
    return (await mentions(peer, note, "ann")) && note.content.toString().match(/\b(\d{6})\b/)[1];
  });
  await caucus.api("POST", "/linked-actors/confirmation", { code });
  await check("the code proves the handle", async () => {
    const { items } = await caucus.api("GET", "/linked-actors");
    return equal(items.map((linked) => linked.actor), [peer.actor("ann").href]);
  });
}
