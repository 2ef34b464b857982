// One person with a browser of their own: they read labels, type and press buttons.

import { join } from "node:path";
import { equal } from "../node/checks.mjs";
import { keepsTheRules } from "./page_rules.mjs";

export class Visitor {
  #seen = new Set();

  /** A browser without cookies and with scripts switched off. */
  static async enter(browser, caucus, name) {
    const visitor = new Visitor();
    visitor.name = name;
    visitor.caucus = caucus;
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
    visitor.withScripts = await browser.newContext({ bypassCSP: true, viewport: { width: 1280, height: 900 } });
    visitor.page = await context.newPage();
    visitor.page.setDefaultTimeout(10_000);
    return visitor;
  }

  /** The same person, signed in as here, in a browser that runs the scripts which a page allows. */
  async withScriptsOn() {
    const twin = new Visitor();
    Object.assign(twin, { name: this.name, caucus: this.caucus, withScripts: this.withScripts });
    const context = await this.page.context().browser().newContext({ viewport: { width: 1280, height: 900 } });
    await context.addCookies(await this.page.context().cookies());
    twin.page = await context.newPage();
    twin.page.setDefaultTimeout(10_000);
    return twin;
  }

  /** Opens a path or a URL. */
  async open(path) {
    const answer = await this.page.goto(new URL(path, this.caucus.base).href);
    if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}`);
  }

  /** The page in front of them keeps the rules; each kind of page is looked at once. */
  async looksAt(name) {
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    await keepsTheRules(this.page, name, this.withScripts);
    if (process.env.SCREENSHOTS) {
      const file = `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`;
      await this.page.screenshot({ path: join(process.env.SCREENSHOTS, file), fullPage: true });
    }
  }

  /** Fills in fields by what their labels begin with. */
  async fillIn(fields) {
    for (const [label, value] of Object.entries(fields)) {
      const field = this.page.getByLabel(label, { exact: false }).first();
      const kind = await field.evaluate((each) => (each.tagName === "SELECT" ? "select" : each.type));
      if (kind === "checkbox" || kind === "radio") await field.check();
      else if (kind === "select") await field.selectOption({ label: value });
      else await field.fill(value);
    }
  }

  /** Unfolds what stands under this heading. */
  async unfold(heading) {
    await this.page.locator("summary", { hasText: heading }).first().click();
  }

  /** Presses the button with this name and waits for the page that follows. */
  async press(name) {
    await this.#follow(this.page.getByRole("button", { name }).first());
  }

  /** Follows the link with this name. */
  async go(name) {
    await this.#follow(this.page.getByRole("link", { name }).first());
  }

  async #follow(thing) {
    await Promise.all([this.page.waitForEvent("domcontentloaded"), thing.click()]);
    await this.page.waitForLoadState("load");
  }

  /** The text of the page's main part. */
  async reads() {
    return (await this.page.locator("main").innerText()).replaceAll(/\s+/g, " ");
  }

  /** Throws unless the page says these words. */
  async mustRead(words) {
    const text = await this.reads();
    if (!text.toLowerCase().includes(words.toLowerCase())) throw new Error(`${this.page.url()} does not say "${words}": ${text.slice(0, 600)}`);
    return true;
  }

  /** Throws when the page says these words. */
  async mustNotRead(words) {
    return equal((await this.reads()).includes(words), false);
  }
}
