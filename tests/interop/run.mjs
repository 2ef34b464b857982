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
import { community } from "./scenarios/community.mjs";
import { ballot } from "./scenarios/ballot.mjs";
import { close } from "./scenarios/close.mjs";
import { record } from "./scenarios/record.mjs";
import { twoInstances } from "./scenarios/two_instances.mjs";

/** In milliseconds. */
const A_DAY = 86_400_000;
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
  const peer = await Peer.start({ ...scheme, people: ["ann", "bob", "cleo"] });
  // Nobody there follows anybody here.
  const far = await Peer.start({ ...scheme, people: ["zoe"] });
  try {
    const stage = { caucus, peer, far, scheme };
    for (const scene of [discover, follow, help, polls, community, ballot, close, record, unfollow]) {
      part(`${scheme.name}: ${scene.name}`);
      await check("the scene was played to its end", async () => (await scene(stage), true));
    }
    part(`${scheme.name}: signatures`);
    await signatures(scheme, [peer, far]);
  } finally {
    await Promise.all([peer.stop(), far.stop()]);
    await check("the server stops in good order", async () => equal(await caucus.stop(), 0));
    if (process.env.SHOW_LOG) console.log(caucus.log);
  }
}

async function signatures(scheme, peers) {
  await check("every activity that was taken was signed in this scheme", () =>
    equal(peers.map((peer) => [...new Set(posts(peer, (status) => status < 300).map((post) => post.scheme))]), [[scheme.only], [scheme.only]]));
  await check("the scheme that works is remembered for a day: no more knocks were refused than one a day", () => {
    const knocks = peers.map((peer) => posts(peer, (status) => status === 401).map((post) => post.at));
    return knocks.every((times) => times.every((at, i) => i === 0 || at - times[i - 1] > A_DAY));
  });
  await check("no activity of ours was refused for good", () => equal(peers.flatMap(refused), []));
}

function posts(peer, isAnswered) {
  return peer.posts.filter((post) => isAnswered(post.status));
}

/** Activities that the peer refused and that did not come again in the scheme it takes. */
function refused(peer) {
  const taken = new Set(posts(peer, (status) => status < 300).map((post) => JSON.parse(post.text).id));
  return peer.posts.filter((post) => !taken.has(JSON.parse(post.text).id)).map((post) => `${post.status} ${post.text}`);
}
