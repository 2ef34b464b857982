import { Accept, Create, Follow, Undo } from "@fedify/vocab";
import { check, equal, eventually } from "../../node/checks.mjs";

/** Ann and Bob follow the cabal; Bob twice, as some servers do. */
export async function follow(stage) {
  const { caucus, peer, cabal } = stage;
  stage.follows = {};

  for (const name of ["ann", "bob", "bob"]) {
    const id = new URL(`/follows/${name}-${crypto.randomUUID()}`, peer.base);
    stage.follows[name] = new Follow({ id, actor: peer.actor(name), object: cabal.id });
    await peer.send(name, cabal, stage.follows[name]);
    await check(`${name} gets an Accept of the Follow`, async () => {
      const { activity } = await peer.expect(Accept, (accept) => accept.objectId?.href === id.href);
      // The Follow is the peer's own, so that it need not be fetched to be believed.
      const follow = await activity.getObject({ ...peer.context, crossOrigin: "trust" });
      return equal([activity.actorId.href, follow.actorId.href], [cabal.id.href, peer.actor(name).href]);
    });
  }
  await check("each follower is counted once", async () => equal(await followersOf(caucus), 2));
  await check("the collection of followers shows their number and no names", async () => {
    const { json } = await caucus.object(`${caucus.base}/c/bees/followers`);
    return equal(json.totalItems, 2) && !JSON.stringify(json).includes("/users/ann");
  });
  await check("an activity in somebody else's name is refused", async () => {
    const forged = new Follow({ id: new URL("/follows/forged", peer.base), actor: peer.actor("bob"), object: cabal.id });
    const before = await followersOf(caucus);
    const refused = await peer.send("ann", cabal, forged).then(() => false, () => true);
    return refused && equal(await followersOf(caucus), before);
  });
}

/** Bob unfollows: what is published afterwards does not reach him by name, Ann gets it still. */
export async function unfollow({ caucus, peer, cabal, follows }) {
  const undo = new Undo({ id: new URL("/undo/bob", peer.base), actor: peer.actor("bob"), object: follows.bob });
  await peer.send("bob", cabal, undo);
  await check("the follower is gone", () => eventually("the end of the follow", async () => (await followersOf(caucus)) === 1));

  await caucus.api("POST", "/cabals/bees/progress", { text: "The first hive is painted." });
  await check("progress reaches those who follow", () =>
    peer.expect(Create, (_, json) => JSON.stringify(json).includes("The first hive is painted")));

  const last = new Undo({ id: new URL("/undo/ann", peer.base), actor: peer.actor("ann"), object: follows.ann });
  await peer.send("ann", cabal, last);
  await eventually("the end of the follow", async () => (await followersOf(caucus)) === 0);
  const { id } = await caucus.api("POST", "/cabals/bees/progress", { text: "Nobody follows any more." });
  await check("without followers nothing is sent", async () => {
    // The queue says when everything that was to be sent has been sent.
    await eventually("an empty queue", async () => !(await caucus.run(["queue"])).includes(peer.host));
    return Boolean(id) && !peer.posts.some((post) => post.text.includes("Nobody follows any more"));
  });
}

async function followersOf(caucus) {
  return (await caucus.api("GET", "/cabals/bees")).followers_count;
}
