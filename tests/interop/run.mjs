// An independent fediverse server plays through what people do with Caucus: once over RFC 9421
// signatures and once over draft-cavage, each in both directions. Prints named checks and ends
// with "N passed, N failed". Run by tests/run.

import "./loopback.mjs";
import { check, equal, finish, part } from "../node/checks.mjs";
import { Caucus } from "../node/caucus.mjs";
import { Peer } from "./peer.mjs";
import { discover } from "./scenarios/discover.mjs";
import { follow, unfollow } from "./scenarios/follow.mjs";
import { help } from "./scenarios/help.mjs";
import { polls } from "./scenarios/polls.mjs";
import { ballot } from "./scenarios/ballot.mjs";
import { twoInstances } from "./scenarios/two_instances.mjs";

const SCHEMES = [
  { name: "RFC 9421", firstKnock: "rfc9421", only: "rfc9421" },
  { name: "draft-cavage", firstKnock: "draft-cavage-http-signatures-12", only: "draft-cavage" },
];

for (const scheme of SCHEMES) {
  await playThrough(scheme);
}
await twoInstances();
process.exit(finish());

async function playThrough(scheme) {
  const caucus = await Caucus.start();
  const peer = await Peer.start(scheme);
  try {
    const stage = { caucus, peer, scheme };
    for (const scene of [discover, follow, help, polls, ballot, unfollow]) {
      part(`${scheme.name}: ${scene.name}`);
      await check("the scene was played to its end", async () => (await scene(stage), true));
    }
    part(`${scheme.name}: signatures`);
    await check("every activity that was taken was signed in this scheme", () =>
      peer.posts.some((post) => post.status < 300) &&
      equal([...new Set(peer.posts.filter((post) => post.status < 300).map((post) => post.scheme))], [scheme.only]));
    await check("the scheme that works is remembered: at most one knock was refused", () =>
      peer.posts.filter((post) => post.status === 401).length <= 1);
    await check("no activity of ours was refused for good", () => equal(refused(peer), []));
  } finally {
    await peer.stop();
    await check("the server stops in good order", async () => equal(await caucus.stop(), 0));
    if (process.env.SHOW_LOG) console.log(caucus.log);
  }
}

/** Activities that the peer refused and that did not come again in the scheme it takes. */
function refused(peer) {
  const taken = new Set(peer.posts.filter((post) => post.status < 300).map((post) => JSON.parse(post.text).id));
  return peer.posts.filter((post) => !taken.has(JSON.parse(post.text).id)).map((post) => `${post.status} ${post.text}`);
}
