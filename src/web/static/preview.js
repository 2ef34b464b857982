// Shows what an amendment changes while it is being written: after a pause the form goes to the server as it
// stands, and the answer is the part of the preview that says what changes. The words are compared there and
// nowhere else. Nothing typed is touched, and the buttons work as they do without this.
"use strict";

const PAUSE_MS = 300;
const form = document.getElementById("sheet");
const live = document.getElementById("live");
const told = document.getElementById("live-told");
const changes = document.getElementById("live-changes");
const hint = document.getElementById("summary-hint");
let asked = 0;
let timer;
let underWay;

/** Says something once: who listens is not told the same again after each pause. */
function tell(sentence) {
  if (told.textContent !== sentence) told.textContent = sentence;
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

/** Asks what changes; an answer that was overtaken by a later question is not heeded. */
async function ask() {
  const mine = ++asked;
  underWay?.abort();
  underWay = new AbortController();
  try {
    const body = new URLSearchParams(new FormData(form));
    body.set("step", "live");
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, redirect: "manual", signal: underWay.signal });
    const html = answer.ok ? await answer.text() : "";
    if (mine !== asked) return;
    if (answer.ok) show(html);
    else if (answer.type === "opaqueredirect" || answer.status === 403) stop();
    else fail();
  } catch {
    if (mine === asked) fail();
  }
}

function show(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  tell(answer.querySelector("[data-told]").textContent);
  hint.textContent = answer.querySelector("[data-summary]").textContent;
  changes.replaceChildren(...answer.querySelector("[data-changes]").childNodes);
}

function fail() {
  tell(live.dataset.unreachable);
  changes.replaceChildren();
}

/** The session has ended: nothing more is sent. */
function stop() {
  form.removeEventListener("input", later);
  clearTimeout(timer);
  tell(live.dataset.ended);
  changes.replaceChildren();
}

live.hidden = false;
form.addEventListener("input", later);
ask();
