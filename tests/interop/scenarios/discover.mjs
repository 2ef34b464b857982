import { parseNodeInfo } from "@fedify/fedify";
import { Group } from "@fedify/vocab";
import { check, equal } from "../../node/checks.mjs";

/** The peer finds the community and a new cabal by their handles. */
export async function discover(stage) {
  const { caucus, peer } = stage;

  await check("a community is found by its handle", async () => {
    const found = await peer.context.lookupObject(`@commons@${caucus.host}`);
    return found instanceof Group && equal(found.id.href, `${caucus.base}/c/commons`);
  });

  await caucus.api("POST", "/cabals", { handle: "bees", name: "Bee watch", purpose: "We count the bees of the valley." });
  stage.cabal = await check("a cabal is found by its handle as soon as it is formed", async () => {
    const found = await peer.context.lookupObject(`@bees@${caucus.host}`);
    return found instanceof Group && equal(found.name?.toString(), "Bee watch") && found;
  });
  if (!stage.cabal) throw new Error("without the cabal nothing else can be played");

  await check("the cabal has an inbox, a shared inbox and a key", async () => {
    const key = await stage.cabal.getPublicKey(peer.context);
    return (
      equal(stage.cabal.inboxId.href, `${caucus.base}/c/bees/inbox`) &&
      equal(stage.cabal.endpoints.sharedInbox.href, `${caucus.base}/inbox`) &&
      equal(key.ownerId.href, stage.cabal.id.href)
    );
  });
  await check("WebFinger leads from the handle to the actor and back", async () => {
    const finger = await peer.context.lookupWebFinger(`acct:bees@${caucus.host}`);
    const self = finger.links.find((link) => link.rel === "self");
    const back = await peer.context.lookupWebFinger(new URL(self.href));
    return equal(self.href, stage.cabal.id.href) && equal(back.subject, `acct:bees@${caucus.host}`);
  });
  await check("NodeInfo says what this server is", async () => {
    // Fedify looks NodeInfo up on public addresses only; what it says is read by Fedify all the same.
    const { links } = await (await fetch(`${caucus.base}/.well-known/nodeinfo`)).json();
    const documents = links.filter((link) => link.rel.startsWith("http://nodeinfo.diaspora.software/ns/schema/2."));
    const read = await Promise.all(documents.map(async (link) => parseNodeInfo(await (await fetch(link.href)).json())));
    return equal(read.map((info) => info.software.name), ["caucus", "caucus"]) && read[0].protocols.includes("activitypub");
  });
  await check("the outbox and the followers can be read", async () => {
    const outbox = await stage.cabal.getOutbox(peer.context);
    const followers = await stage.cabal.getFollowers(peer.context);
    return equal(outbox.totalItems, 0) && equal(followers.totalItems, 0);
  });
}
