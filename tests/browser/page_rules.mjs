// What every page must keep, whatever is on it (WCAG 2.2 AA as far as a machine can tell).

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { check } from "../node/checks.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [320, 1280];

/** Checks the page that `page` shows, on a small and a large screen and by axe's rules. */
export async function keepsTheRules(page, name, withScripts) {
  const size = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await check(`${name}: right at ${width} px`, async () => {
      const wrong = await page.evaluate(faults);
      if (wrong.length > 0) throw new Error(`${page.url()}: ${wrong.join("; ")}`);
      return true;
    });
  }
  await page.setViewportSize(size);
  for (const colorScheme of ["light", "dark"]) {
    await check(`${name}: accessible in ${colorScheme} colours`, () => axeFindsNothing(page, withScripts, colorScheme));
  }
}

/** Runs in the page: what is wrong with it, in words. */
function faults() {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("body *")]
      .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1)
      .map((each) => `${each.tagName.toLowerCase()}.${each.className}`);
    wrong.push(`it scrolls sideways (${root.scrollWidth} px): ${wide.slice(0, 4).join(", ")}`);
  }
  if (!root.lang) wrong.push("it does not say its language");
  if (!document.title.trim()) wrong.push("it has no title");
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) wrong.push(`it has ${headings} h1`);
  if (!document.querySelector("main")) wrong.push("it has no main");
  const scripts = [...document.querySelectorAll("script")];
  const mayRun = /^\/(recount|documents\/[^/]+\/amend|amendments\/[^/]+\/edit)$/.test(location.pathname);
  const isOurs = (each) => each.src && new URL(each.src).pathname.startsWith("/static/") && new URL(each.src).origin === location.origin;
  if (!scripts.every((each) => mayRun && isOurs(each))) wrong.push("it has a script, and only the recount and the sheet of an amendment need one");
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const label = [...(field.labels ?? [])].some((each) => each.textContent.trim());
    if (!label && !field.getAttribute("aria-label")) wrong.push(`${field.name || field.id} has no label`);
  }
  for (const button of document.querySelectorAll("button, a[href]")) {
    if (!(button.textContent.trim() || button.getAttribute("aria-label"))) wrong.push("a link or button without a name");
  }
  return wrong;
}

/** axe needs scripts, so that it looks at the same page in a browser of its own. */
async function axeFindsNothing(page, withScripts, colorScheme) {
  await withScripts.clearCookies();
  await withScripts.addCookies(await page.context().cookies());
  const twin = await withScripts.newPage();
  try {
    await twin.emulateMedia({ colorScheme });
    await twin.setContent(await page.content(), { waitUntil: "domcontentloaded" });
    await styled(twin, page);
    await twin.evaluate(AXE);
    const { violations } = await twin.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
    if (violations.length > 0) {
      const told = violations.map((each) => `${each.id} (${each.nodes.map((node) => node.target).slice(0, 3).join(", ")})`);
      throw new Error(`${page.url()}: ${told.join("; ")}`);
    }
    return true;
  } finally {
    await twin.close();
  }
}

/** The twin has no address of its own, so that it is given the page's style sheets by hand. */
async function styled(twin, page) {
  const sheets = await page.evaluate(() => [...document.querySelectorAll("link[rel=stylesheet]")].map((each) => each.href));
  for (const sheet of sheets) {
    await twin.addStyleTag({ content: await (await fetch(sheet)).text() });
  }
}
