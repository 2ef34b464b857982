// Counts the record of a vote again, in this browser and nowhere else: it opens no connection, and
// the policy of the page allows none. The same checks as `caucus recount`, written a second time.
"use strict";

const OPTIONS = ["For", "Against", "Abstain"];

class Wrong extends Error {}

function quoted(text) {
  return JSON.stringify(text);
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.keys(value).sort().map((key) => `${quoted(key)}:${canonical(value[key])}`);
    return `{${fields.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Wrong(`${value} in it is not a whole number.`);
  return JSON.stringify(value);
}

async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function hashOf(value) {
  return sha256(new TextEncoder().encode(canonical(value)));
}

function must(holds, sentence) {
  if (!holds) throw new Wrong(sentence);
}

function count(ballots) {
  const totals = new Map(OPTIONS.map((option) => [option, 0n]));
  let before = "";
  must(Array.isArray(ballots), "its ballots are not a list.");
  for (const ballot of ballots) {
    const [receipt, choice] = Array.isArray(ballot) && ballot.length === 2 ? ballot : [];
    must(typeof receipt === "string" && typeof choice === "string", "one of its ballots is not a receipt and a choice.");
    must(receipt > before, `the receipt ${receipt} is there twice or out of order.`);
    must(totals.has(choice), `the ballot ${receipt} says ${choice}, which is no option.`);
    before = receipt;
    totals.set(choice, totals.get(choice) + 1n);
  }
  return OPTIONS.map((option) => totals.get(option));
}

function isCarried([votesFor, against, abstain], rule, roll) {
  must(rule?.base === "cast" || rule?.base === "roll", "its rule is not known.");
  const base = rule.base === "cast" ? votesFor + against : roll;
  return 3n * votesFor >= 2n * base && votesFor >= 2n && votesFor + against + abstain >= BigInt(rule.quorum);
}

async function recount(bytes, published, receipt) {
  const hash = await sha256(bytes);
  must(published === "" || published === hash, `its SHA-256 is ${hash}, and not the one that you gave. It is another file.`);
  let text, record;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    record = JSON.parse(text);
  } catch {
    throw new Wrong("it is not the record of a vote.");
  }
  must(record?.kind === "caucus ballot record", "it is not the record of a vote.");
  must(canonical(record) === text, "it is not written in the one way in which records are written: a byte was changed.");
  must(record.version === 2, "it is of a kind that this page does not know.");
  const { checksum, ...rest } = record;
  must(checksum === (await hashOf(rest)), "its checksum does not fit: something in it was changed.");
  must(record.frozen_hash === (await hashOf(record.frozen)), "text, rule, roll or times are not those of the opening.");
  const totals = count(record.ballots);
  const all = totals.reduce((sum, total) => sum + total, 0n);
  const [tookPart, roll] = [BigInt(record.took_part), BigInt(record.frozen.roll.size)];
  must(all <= tookPart && tookPart <= roll, `${all} ballots, ${tookPart} who took part and a roll of ${roll} do not go together.`);
  OPTIONS.forEach((option, place) => {
    must(BigInt(record.totals[option]) === totals[place], `its total for ${option} is not what its ballots add up to, ${totals[place]}.`);
  });
  must(record.is_as_sealed === true, "the server itself says in it that the ballots were changed in its database.");
  const carried = isCarried(totals, record.frozen.rule, roll);
  must(record.is_carried === carried, "its result does not follow from its ballots and its rule.");
  const mine = receipt === "" ? [] : [find(record.ballots, receipt)];
  return [
    `SHA-256 of the file: ${hash}`,
    `Counted ${all} ballots, each with a receipt of its own: For ${totals[0]}, Against ${totals[1]}, Abstain ${totals[2]}.`,
    `They are not more than the ${tookPart} who took part, and those not more than the roll of ${roll}.`,
    `The totals and the result follow from the ballots: ${carried ? "carried" : "not carried"}.`,
    ...mine,
    published === "" ? "Compare the SHA-256 with the one in the minutes to be sure that it is the same file." : "It is the file of the minutes.",
  ];
}

function find(ballots, receipt) {
  const mine = ballots.find(([code]) => code === receipt);
  return mine ? `Your receipt is in it, and beside it stands: ${mine[1]}.` : "Your receipt is not in it.";
}

function show(outcome, heading, sentences) {
  const title = document.createElement("h2");
  title.textContent = heading;
  const list = document.createElement("ul");
  for (const sentence of sentences) {
    const item = document.createElement("li");
    item.textContent = sentence;
    list.append(item);
  }
  outcome.replaceChildren(title, list);
}

const form = document.getElementById("recount");
form.hidden = false;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const outcome = document.getElementById("outcome");
  const [file] = document.getElementById("record").files;
  const text = (id) => document.getElementById(id).value.trim();
  if (!file) return show(outcome, "Please choose a file", ["Choose the record that you saved from the minutes."]);
  try {
    const sentences = await recount(new Uint8Array(await file.arrayBuffer()), text("hash").toLowerCase(), text("receipt"));
    show(outcome, "This record holds", sentences);
  } catch (error) {
    const why = error instanceof Wrong ? error.message : "it cannot be read, or this browser cannot work out hashes here.";
    show(outcome, "This record does not hold", [why]);
  }
});
