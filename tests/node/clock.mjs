// The clock of this run. libfaketime stands between the machine's clock and this process with all
// that it starts; how far they are ahead is read from one file, so that they always agree.

import { rename, writeFile } from "node:fs/promises";

const FILE = process.env.FAKETIME_TIMESTAMP_FILE;
let ahead = 0;

/** Moves the clock of this process and of every program it started. */
export async function forward(seconds) {
  if (!FILE) throw new Error("the clock can be moved only when tests/run starts this");
  ahead += seconds;
  // In one piece: somebody may read at this very moment.
  await writeFile(`${FILE}.new`, `+${ahead}\n`);
  await rename(`${FILE}.new`, FILE);
}
