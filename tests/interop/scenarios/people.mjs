// What the people of another server do and get: votes, replies, direct messages.

import { Temporal } from "@js-temporal/polyfill";
import { Create, Mention, Note, PUBLIC_COLLECTION } from "@fedify/vocab";
import { eventually } from "../../node/checks.mjs";

/** An id that nobody has seen. */
export function fresh(peer, what) {
  return new URL(`/${what}/${crypto.randomUUID()}`, peer.base);
}

/** A vote in the form that all fediverse software uses: a Note with a name and without content. */
export function voteOf(peer, name, poll, choice, to) {
  const id = fresh(peer, "votes");
  const note = new Note({ id, attribution: peer.actor(name), name: choice, replyTarget: new URL(poll.object_id), to: to.id });
  return new Create({ id: new URL(`${id.href}/activity`), actor: peer.actor(name), object: note, to: to.id });
}

/** `name` votes; answers the activity. */
export async function vote({ peer, cabal }, name, poll, choice, to = cabal) {
  const activity = voteOf(peer, name, poll, choice, to);
  await peer.send(name, to, activity);
  return activity;
}

/** `name` answers an object of ours aloud, with a mention of its author; answers the Note. */
export async function reply(peer, name, objectId, author, content) {
  const note = new Note({
    id: fresh(peer, "notes"),
    attribution: peer.actor(name),
    content,
    published: Temporal.Now.instant(),
    replyTarget: new URL(objectId),
    to: PUBLIC_COLLECTION,
    ccs: [author.id],
    tags: [new Mention({ href: author.id, name: `@${author.preferredUsername}@${author.id.host}` })],
  });
  const create = { id: fresh(peer, "creates"), actor: peer.actor(name), object: note, tos: note.toIds, ccs: note.ccIds };
  await peer.send(name, author, new Create(create));
  return note;
}

/** The Notes that `author` sent to `name` and to nobody else, so far. */
export async function messagesTo(peer, name, author) {
  const messages = [];
  for (const { activity } of peer.received) {
    if (!(activity instanceof Create) || activity.actorId.href !== author.id.href) continue;
    const note = await activity.getObject(peer.context).catch(() => null);
    if (!(note instanceof Note)) continue;
    const audience = [...activity.toIds, ...activity.ccIds, ...note.toIds, ...note.ccIds].map((to) => to.href);
    if (audience.length > 0 && audience.every((to) => to === peer.actor(name).href)) messages.push(note);
  }
  return messages;
}

/** The first such Note that holds `words`, now or soon. */
export function messageWith(peer, name, author, words) {
  return eventually(`a message to ${name} with ${words}`, async () =>
    (await messagesTo(peer, name, author)).find((note) => new RegExp(words, "i").test(note.content.toString())));
}

export async function mentions(peer, note, name) {
  for await (const tag of note.getTags(peer.context)) {
    if (tag instanceof Mention && tag.href.href === peer.actor(name).href) return true;
  }
  return false;
}

/** The activities that a server took and that pass `test`, as they came over the wire. */
export function taken(peer, test) {
  return peer.posts.filter((post) => post.status < 300).map((post) => JSON.parse(post.text)).filter(test);
}
