// Another fediverse server. Fedify does all of the protocol: WebFinger, actor documents, JSON-LD,
// signing and verifying. This file gives it two people and keeps what passed its verification.

import { createServer } from "node:http";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import { Activity, Endpoints, Person } from "@fedify/vocab";
import { eventually } from "../node/checks.mjs";

export class Peer {
  /** Activities that Fedify verified, in order: `{ activity, json, scheme }`. */
  received = [];
  /** How each incoming POST was signed, when, and what it was answered. */
  posts = [];
  #server;
  #federation;
  #keys = new Map();
  #only;

  /**
   * `firstKnock`: the scheme in which it signs first, `rfc9421` or `draft-cavage-http-signatures-12`.
   * `only`: it refuses POSTs signed in any other scheme, `rfc9421` or `draft-cavage`.
   */
  static async start({ firstKnock, only, people = ["ann", "bob"] }) {
    const peer = new Peer();
    peer.#only = only;
    for (const name of people) {
      peer.#keys.set(name, [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")]);
    }
    peer.#federation = peer.#describe(firstKnock);
    peer.#server = createServer((request, response) => peer.#serve(request, response));
    await new Promise((resolve) => peer.#server.listen(0, "127.0.0.1", resolve));
    peer.host = `127.0.0.1:${peer.#server.address().port}`;
    peer.base = `http://${peer.host}`;
    peer.context = peer.#federation.createContext(new URL(peer.base), undefined);
    return peer;
  }

  #describe(firstKnock) {
    const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock });
    federation
      .setActorDispatcher("/users/{identifier}", async (context, name) => {
        if (!this.#keys.has(name)) return null;
        const keys = await context.getActorKeyPairs(name);
        return new Person({
          id: context.getActorUri(name),
          preferredUsername: name,
          name,
          url: context.getActorUri(name),
          inbox: context.getInboxUri(name),
          endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
          followers: context.getFollowersUri(name),
          publicKey: keys[0].cryptographicKey,
          assertionMethods: keys.map((key) => key.multikey),
        });
      })
      .setKeyPairsDispatcher((_, name) => this.#keys.get(name) ?? []);
    federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
    federation
      .setInboxListeners("/users/{identifier}/inbox", "/inbox")
      .on(Activity, async (context, activity) => {
        this.received.push({ activity, json: await activity.toJsonLd({ format: "compact", contextLoader: context.contextLoader }) });
      });
    return federation;
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const headers = new Headers();
    for (let i = 0; i < request.rawHeaders.length; i += 2) headers.append(request.rawHeaders[i], request.rawHeaders[i + 1]);
    const isPost = request.method === "POST";
    const scheme = headers.has("signature-input") ? "rfc9421" : headers.has("signature") ? "draft-cavage" : "none";
    const answer =
      isPost && this.#only && scheme !== this.#only
        ? new Response("this server takes another scheme of signatures", { status: 401 })
        : await this.#federation.fetch(
            new Request(`${this.base}${request.url}`, { method: request.method, headers, body: isPost ? body : undefined }),
            { contextData: undefined },
          );
    if (isPost) this.posts.push({ at: Date.now(), scheme, status: answer.status, path: request.url, text: body.toString() });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  /** The URL of one of its people. */
  actor(name) {
    return this.context.getActorUri(name);
  }

  /** `name` sends `activity` to `recipient`; throws when it was refused. */
  async send(name, recipient, activity) {
    await this.context.sendActivity({ identifier: name }, recipient, activity, { immediate: true, fanout: "skip" });
  }

  /** The first verified activity of a class that passes `test`, now or soon. */
  async expect(type, test = () => true) {
    return eventually(`a verified ${type.name}`, async () => {
      for (const { activity, json } of this.received) {
        if (activity instanceof type && (await test(activity, json))) return { activity, json };
      }
      return undefined;
    });
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
