// What the page does: ask, show, and keep the choice in the address.
"use strict";

const form = document.getElementById("choice");
const answers = document.getElementById("answers");
const status = document.getElementById("status");
const token = new URL(location.href).searchParams.get("token");
const buttons = form.querySelectorAll("button");

const at = (path) => `${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`;
const part = (node, name) => node.querySelector(`.${name}`);

function asked(count) {
  const data = new FormData(form);
  const choice = {
    endpoint: data.get("endpoint"),
    limit: Number(data.get("limit")),
    tag: data.get("tag"),
    post: Number(data.get("post")),
    body: data.get("body"),
  };
  return { choice, services: data.getAll("service"), count };
}

// The address names the whole state: a reload keeps it, and another tab shows the same.
function remember() {
  const state = new URLSearchParams(new FormData(form));
  state.set("token", token);
  for (const select of form.querySelectorAll("[data-upstream]")) {
    state.set(select.dataset.upstream, select.selectedIndex);
  }
  history.replaceState(null, "", `?${state}`);
}

function recall() {
  const state = new URL(location.href).searchParams;
  if (!state.has("endpoint")) return;
  for (const field of form.elements) {
    if (field.dataset.upstream) field.selectedIndex = Number(state.get(field.dataset.upstream) ?? 0);
    else if (field.type === "checkbox") field.checked = state.getAll(field.name).includes(field.value);
    else if (field.type === "radio") field.checked = state.get(field.name) === field.value;
    else if (field.name && state.has(field.name)) field.value = state.get(field.name);
  }
}

function showOptions() {
  const endpoint = new FormData(form).get("endpoint");
  for (const node of form.querySelectorAll("[data-for]")) node.hidden = node.dataset.for !== endpoint;
  for (const node of document.querySelectorAll("[data-code]")) node.hidden = node.dataset.code !== endpoint;
}

function busy(isBusy) {
  for (const button of buttons) button.disabled = isBusy;
}

async function ask() {
  busy(true);
  status.textContent = "Asking …";
  try {
    const response = await fetch(at("/ask"), { method: "POST", body: JSON.stringify(asked(1)) });
    const told = await response.json();
    if (!response.ok) throw new Error(told.detail);
    answers.replaceChildren(...told.map(shown));
    const differing = told.filter((answer) => answer.differs).length;
    status.textContent = told.length
      ? `${told.length} answered; ${differing ? `${differing} differ from the first` : "their bodies are the same"}.`
      : "Choose a service.";
  } catch (error) {
    status.textContent = `It failed: ${error.message}`;
  } finally {
    busy(false);
  }
}

function shown(answer) {
  const node = document.getElementById("answer").content.cloneNode(true);
  part(node, "name").textContent = answer.service;
  part(node, "outcome").textContent = `${answer.status} in ${answer.elapsed_ms.toFixed(1)} ms`;
  part(node, "summary").textContent = answer.summary;
  part(node, "contrasts").replaceChildren(...answer.contrasts.map(contrast));
  const timeline = part(node, "timeline");
  timeline.src = `data:image/svg+xml,${encodeURIComponent(answer.timeline)}`;
  timeline.alt = answer.timeline_words;
  list(part(node, "sql"), answer.statements, `${answer.statements.length} SQL statements`);
  part(node, "headers").querySelector("dl").replaceChildren(...answer.headers.flatMap(header));
  part(node, "difference").textContent = answer.differs ? "(differs from the first)" : "";
  const body = part(node, "body");
  body.setAttribute("aria-label", `${answer.service}: body`);
  body.replaceChildren(...answer.body.flatMap((line) => [element(line.differs ? "mark" : "span", line.text), "\n"]));
  return node;
}

function element(name, text) {
  const node = document.createElement(name);
  node.textContent = text;
  return node;
}

const header = ([name, value]) => [element("dt", name), element("dd", value)];

function contrast({ sentence, claim }) {
  const node = element("li", sentence);
  if (claim) node.append(" (", element("code", `compare claims ${claim}`), ")");
  return node;
}

function list(details, items, title) {
  details.hidden = !items.length;
  details.querySelector("summary").textContent = title;
  details.querySelector("ol").replaceChildren(...items.map((item) => element("li", item)));
}

function burst() {
  if (!form.reportValidity()) return;
  const question = asked(Number(new FormData(form).get("count")));
  if (!question.services.length) {
    status.textContent = "Choose a service.";
    return;
  }
  busy(true);
  status.textContent = `Asking each ${question.count} times at once …`;
  const seen = new Map(question.services.map((name) => [name, burstOf(name)]));
  answers.replaceChildren(...[...seen.values()].map((service) => service.node));
  const events = new EventSource(at(`/burst?asked=${encodeURIComponent(JSON.stringify(question))}`));
  const end = (words) => {
    events.close();
    status.textContent = words;
    busy(false);
  };
  events.onmessage = (message) => add(seen, JSON.parse(message.data), question.count);
  events.addEventListener("end", () => end("All have answered."));
  events.onerror = () => end("It failed: the page's server, or a service, does not answer.");
}

function burstOf(name) {
  const node = document.getElementById("burst-answer").content.cloneNode(true).firstElementChild;
  part(node, "name").textContent = name;
  return { node, latencies: [], failed: 0, threads: 0, connections: 0 };
}

function add(seen, event, count) {
  const service = seen.get(event.service);
  service.threads = Math.max(service.threads, event.threads ?? 0);
  service.connections = Math.max(service.connections, event.connections ?? 0);
  if ("elapsed_ms" in event) {
    service.latencies.push(event.elapsed_ms);
    const isFailed = event.status === 0 || event.status >= 500;
    service.failed += isFailed;
    const bar = document.createElement("li");
    bar.dataset.ms = event.elapsed_ms;
    if (isFailed) bar.className = "failed";
    part(service.node, "bars").append(bar);
    const longest = Math.max(...[...seen.values()].flatMap((other) => other.latencies));
    for (const other of document.querySelectorAll(".bars li")) {
      other.style.width = `${(100 * other.dataset.ms) / longest}%`;
    }
  }
  const sorted = [...service.latencies].sort((first, second) => first - second);
  const middle = sorted.length ? sorted[Math.floor(sorted.length / 2)].toFixed(0) : "–";
  const most = sorted.length ? sorted[sorted.length - 1].toFixed(0) : "–";
  part(service.node, "figures").textContent =
    `${sorted.length} of ${count} answered` +
    `${service.failed ? `, ${service.failed} failed` : ""}: median ${middle} ms, longest ${most} ms; ` +
    `at most ${service.threads} threads, ${service.connections} connections`;
}

async function setUpstream(select) {
  const response = await fetch(at(`/upstreams/${select.dataset.upstream}`), { method: "PUT", body: select.value });
  status.textContent = response.ok
    ? `${select.dataset.upstream}: ${select.selectedOptions[0].textContent}`
    : `${select.dataset.upstream} could not be set`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  remember();
  ask();
});
form.addEventListener("change", (event) => {
  showOptions();
  remember();
  if (event.target.dataset.upstream) setUpstream(event.target);
});
document.getElementById("burst").addEventListener("click", () => {
  remember();
  burst();
});

recall();
showOptions();
Promise.all([...form.querySelectorAll("[data-upstream]")].map(setUpstream)).then(() => {
  status.textContent = "";
});
