import { check, equal, eventually, part } from "../../node/checks.mjs";
import { Caucus } from "../../node/caucus.mjs";
import { Member } from "../../node/member.mjs";

/**
 * Two instances of the program federate with each other, as two processes: one looks up a cabal of
 * the other by its handle and writes to it; the other verifies, stores and shows the message.
 */
export async function twoInstances() {
  part("two instances");
  const [north, south] = await Promise.all([Caucus.start(), Caucus.start()]);
  try {
    await (await Member.signIn(north, "ada", "correct horse battery staple")).confirmToken();
    await south.api("POST", "/cabals", { handle: "bees", name: "Bee watch", purpose: "We count the bees." });
    await check("one finds a cabal of the other by its handle", async () => {
      const sent = await north.api("POST", "/linked-actors", { handle: `@bees@${south.host}` });
      return equal(sent.handle, `@bees@${south.host}`);
    });
    const ada = await Member.signIn(south, "ada", "correct horse battery staple");
    await check("the message arrives signed, and the cabal reads it", () =>
      eventually("the message", async () => {
        const page = await ada.page("/c/bees/messages");
        return page.includes(`${north.base}/c/commons`) && /\b\d{6}\b/.test(page);
      }));
    await check("nobody else reads it", async () => {
      const page = await fetch(`${south.base}/c/bees/messages`, { redirect: "manual", headers: { accept: "text/html" } });
      return page.status >= 300;
    });
    await check("nothing waits any more in either queue", async () => {
      await eventually("empty queues", async () => {
        const queues = await Promise.all([north.run(["queue"]), south.run(["queue"])]);
        return queues.every((queue) => queue.includes("Nothing waits"));
      });
      return true;
    });
  } finally {
    await check("both stop in good order", async () => equal(await Promise.all([north.stop(), south.stop()]), [0, 0]));
  }
}
