// Named checks, printed as they happen, and a closing line that a program can read.

import { isDeepStrictEqual } from "node:util";

let passed = 0;
const failures = [];
let section = "";

/** Begins a part of the run; its name stands before each check. */
export function part(name) {
  section = name;
  console.log(`\n${name}`);
}

/** One check: passes when `test` answers something true and does not throw. */
export async function check(name, test) {
  let why = "";
  try {
    const answer = await test();
    if (answer) {
      passed += 1;
      console.log(`  ok    ${name}`);
      return answer;
    }
    why = `answered ${answer}`;
  } catch (error) {
    why = error?.stack ?? String(error);
  }
  failures.push(`${section}: ${name}`);
  console.log(`  FAIL  ${name}\n        ${why.split("\n").slice(0, 6).join("\n        ")}`);
  return undefined;
}

/** Throws, so that a check fails with both values shown. */
export function equal(have, want) {
  if (!isDeepStrictEqual(have, want)) {
    throw new Error(`have ${JSON.stringify(have)}, want ${JSON.stringify(want)}`);
  }
  return true;
}

/** Asks again and again until `probe` answers something true. */
export async function eventually(what, probe, milliseconds = 15_000) {
  // Not the clock of the day, which a run may move.
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what} did not come within ${milliseconds / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Prints the closing line; answers the exit code. */
export function finish() {
  console.log("");
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0 && passed > 0 ? 0 : 1;
}
