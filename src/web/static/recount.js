// Counts the record of a vote again, in this browser and nowhere else: it opens no connection, and
// the policy of the page allows none. The same checks as `caucus recount`, written a second time; a
// table of forgeries is put to both.
"use strict";

const OPTIONS = ["For", "Against", "Abstain"];
const HOUR = 3_600_000;
// Of each kind of vote: for how long it is open, by which majority and of what.
const KINDS = new Map([
  ["amendment", { hours: 168, length: "one week", majority: "two_thirds", bases: ["cast", "roll"] }],
  ["lead", { hours: 72, length: "72 hours", majority: "simple", bases: ["cast"] }],
]);

class Wrong extends Error {}

function must(holds, sentence) {
  if (!holds) throw new Wrong(sentence);
}

function quoted(text) {
  return JSON.stringify(text);
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.keys(value).sort(byCodePoint).map((key) => `${quoted(key)}:${canonical(value[key])}`);
    return `{${fields.join(",")}}`;
  }
  must(typeof value !== "number" || Number.isSafeInteger(value), `${value} in it is not a whole number.`);
  return quoted(value);
}

function byCodePoint(one, other) {
  const [a, b] = [one, other].map((text) => Array.from(text, (letter) => letter.codePointAt(0)));
  const at = a.findIndex((point, place) => point !== b[place]);
  return at === -1 ? a.length - b.length : a[at] - (b[at] ?? -1);
}

async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function hashOf(value) {
  return sha256(new TextEncoder().encode(canonical(value)));
}

/** What stands in the record at a path; it must be there. */
function at(record, path) {
  const value = path.split(".").reduce((inner, key) => inner?.[key], record);
  must(value !== undefined, `${path} is missing in it.`);
  return value;
}

function text(record, path) {
  const value = at(record, path);
  must(typeof value === "string", `${path} in it is not text.`);
  return value;
}

function number(record, path) {
  const value = at(record, path);
  must(Number.isSafeInteger(value) && value >= 0, `${path} in it is not a whole number.`);
  return BigInt(value);
}

function list(record, path) {
  const value = at(record, path);
  must(Array.isArray(value), `${path} in it is not a list.`);
  return value;
}

function moment(record, path) {
  const value = Date.parse(text(record, path));
  must(Number.isFinite(value), `${path} in it is not a moment.`);
  return value;
}

/** It is a whole record, in the one way in which records are written. */
async function isOne(record, written) {
  must(text(record, "kind") === "caucus ballot record", "it is not the record of a vote.");
  const version = number(record, "version");
  must(version === 3n, `it is of kind ${version}, which this page does not know.`);
  must(canonical(record) === written, "it is not written in the one way in which records are written: a byte was changed.");
  const { checksum, ...rest } = record;
  must(checksum === (await hashOf(rest)), "its checksum does not fit: something in it was changed.");
  const faults = list(record, "faults");
  must(
    faults.length === 0,
    `the server itself says in it that the vote does not hold (${faults.join(", ")}). So the vote decided nothing.`,
  );
}

/** What froze at the opening, and the time that the vote was open. */
async function frozen(record) {
  const hash = text(record, "frozen_hash");
  must(hash === (await hashOf(at(record, "frozen"))), "text, rule, roll or times are not those that were published at the opening.");
  must(quoted(list(record, "frozen.options")) === quoted(OPTIONS), "its options are not For, Against and Abstain.");
  const [opened, closed] = [moment(record, "frozen.opens_at"), moment(record, "frozen.closes_at")];
  const decides = text(record, "frozen.decides.kind");
  const kind = KINDS.get(decides);
  must(kind, `it decides ${decides}, which this page does not know.`);
  must(closed - opened === kind.hours * HOUR, `the vote was not open for exactly ${kind.length}.`);
  must(moment(record, "closed_at") >= closed, "it was closed before its end.");
  return `What was put to the vote is what its own hash says (${hash}); it was open for exactly ${kind.length}, from ${
    record.frozen.opens_at} to ${record.frozen.closes_at}.`;
}

/** Counts the ballots, one by one; each receipt once and in order. */
function ballots(record) {
  const totals = new Map(OPTIONS.map((option) => [option, 0n]));
  let before = "";
  for (const ballot of list(record, "ballots")) {
    const [receipt, choice] = Array.isArray(ballot) && ballot.length === 2 ? ballot : [];
    must(typeof receipt === "string" && typeof choice === "string", "one of its ballots is not a receipt and a choice.");
    must(receipt > before, `the receipt ${receipt} is there twice or out of order.`);
    must(totals.has(choice), `the ballot ${receipt} says ${choice}, which is no option.`);
    before = receipt;
    totals.set(choice, totals.get(choice) + 1n);
  }
  return OPTIONS.map((option) => totals.get(option));
}

/** Whether it is carried, and the rule in words. */
function isCarried(record, [votesFor, against, abstain], roll) {
  const [majority, base] = [text(record, "frozen.rule.majority"), text(record, "frozen.rule.base")];
  const quorum = number(record, "frozen.rule.quorum");
  const kind = KINDS.get(record.frozen.decides.kind);
  const isKnown = kind.majority === majority && kind.bases.includes(base) && (majority !== "simple" || quorum === 0n);
  must(isKnown, "its rule is none by which such a vote is decided.");
  if (majority === "simple") return [votesFor > against, "more votes for than against"];
  const [of, words] = base === "cast" ? [votesFor + against, "the votes for and against"] : [roll, "the roll"];
  return [
    3n * votesFor >= 2n * of && votesFor >= 2n && votesFor + against + abstain >= quorum,
    `two thirds of ${words}, at least two votes for, at least ${quorum} ballots`,
  ];
}

function share(part, whole) {
  if (whole === 0n) return "no share";
  const tenths = (part * 2000n + whole) / (2n * whole);
  return `${tenths / 10n}.${tenths % 10n} %`;
}

/** Counts, and works out what follows. */
function count(record) {
  const counted = ballots(record);
  const [votesFor, against, abstain] = counted;
  const all = votesFor + against + abstain;
  const [roll, tookPart] = [number(record, "frozen.roll.size"), number(record, "took_part")];
  must(all <= tookPart && tookPart <= roll, `${all} ballots, ${tookPart} who took part and a roll of ${roll} do not go together.`);
  OPTIONS.forEach((option, place) => {
    must(number(record, `totals.${option}`) === counted[place], `its total for ${option} is not what its ballots add up to, ${counted[place]}.`);
  });
  const [carried, rule] = isCarried(record, counted, roll);
  must(at(record, "is_carried") === carried, "its result does not follow from its ballots and its rule.");
  const bringsNothing = at(record, "new_fingerprint") === null;
  must(carried || bringsNothing, "it names a new text, although it is not carried.");
  const missing = tookPart - all;
  return [
    `Counted ${all} ballots, each with a receipt of its own: For ${votesFor}, Against ${against}, Abstain ${abstain}.`,
    missing === 0n
      ? `They are as many as took part, and those not more than the roll of ${roll}.`
      : `${missing} of the ${tookPart} who took part have no ballot in it; the roll was of ${roll}.`,
    `For: ${share(votesFor, votesFor + against)} of the votes for and against, ${share(votesFor, all)} of all ballots, ${share(votesFor, roll)} of the roll.`,
    `The result follows from the ballots and the rule (${rule}): ${carried ? "carried" : "not carried"}.`,
  ];
}

function ownBallot(record, receipt) {
  if (receipt === "") return [];
  const mine = record.ballots.find(([code]) => code === receipt);
  if (mine) return [`Your receipt is in it, and beside it stands: ${mine[1]}.`];
  return [
    "Your receipt is not in it. Whoever voted again on the web has a newer receipt: only the last one is in the record.",
  ];
}

async function recount(bytes, published, receipt) {
  const hash = await sha256(bytes);
  must(published === "" || published === hash, `its SHA-256 is ${hash}, and not the one that you gave. It is another file.`);
  let written, record;
  try {
    written = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    record = JSON.parse(written);
  } catch {
    throw new Wrong("it is not the record of a vote.");
  }
  must(record !== null && typeof record === "object", "it is not the record of a vote.");
  await isOne(record, written);
  const opening = await frozen(record);
  return [
    `SHA-256 of the file: ${hash}`,
    `Vote: ${text(record, "poll")}`,
    opening,
    ...count(record),
    ...ownBallot(record, receipt),
    published === ""
      ? "Compare the SHA-256 with the one in the minutes, and with the one that other servers were told: whoever changes a record can make its checksum fit again, and not this one."
      : "It is the file of the minutes: the hash that you gave is its hash.",
    "What no file can tell is whether these are the ballots that were cast: for that, everybody can look for their own receipt.",
  ];
}

function show(outcome, heading, sentences) {
  const title = document.createElement("h2");
  title.textContent = heading;
  const lines = document.createElement("ul");
  for (const sentence of sentences) {
    const item = document.createElement("li");
    item.textContent = sentence;
    lines.append(item);
  }
  outcome.replaceChildren(title, lines);
}

const form = document.getElementById("recount");
form.hidden = false;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const outcome = document.getElementById("outcome");
  const [file] = document.getElementById("record").files;
  const typed = (id) => document.getElementById(id).value.trim();
  if (!file) return show(outcome, "Please choose a file", ["Choose the record that you saved from the minutes."]);
  try {
    const sentences = await recount(new Uint8Array(await file.arrayBuffer()), typed("hash").toLowerCase(), typed("receipt"));
    show(outcome, "This record holds", sentences);
  } catch (error) {
    const why = error instanceof Wrong ? error.message : "it cannot be read, or this browser cannot work out hashes here.";
    show(outcome, "This record does not hold", [why]);
  }
});
