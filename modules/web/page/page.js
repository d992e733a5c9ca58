// SPDX-License-Identifier: MIT
// The page of moontower's daemon. It shows what `moontower why`, `status`, `signal`, `cells` and `history` print with
// --json, and what the daemon tells as it happens. Texts of modems are text here, never markup.
"use strict";

const MEASURES = [ // of one technology: [field, name, unit, worst, best, from which it is fair, and good]
  ["rsrp", "RSRP", "dBm", -130, -70, -110, -95],
  ["sinr", "SINR", "dB", -10, 30, 0, 13],
  ["rsrq", "RSRQ", "dB", -20, -3, -15, -10],
  ["rscp", "RSCP", "dBm", -120, -50, -105, -90],
  ["rssi", "RSSI", "dBm", -110, -50, -95, -75],
];
const TECHNOLOGIES = [["nr", "5G"], ["lte", "LTE"], ["umts", "UMTS"], ["gsm", "GSM"]];
const HISTORY = 6 * 3600; // seconds
const AGAIN = 5000; // milliseconds until the daemon is asked for events again
const LOST = 40000; // milliseconds without a sign of the daemon, which gives one every 15 s

const modems = new Map(); // by name: { root, best: {}, worst: {} }
let rights = { control: false };

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error?.message || `the daemon answers ${answer.status}`);
  return value;
}

const of = (path, name) => `/api/${path}?device=${encodeURIComponent(name)}`;

// ---- signal ----

function figure(modem, technology, words, measured, measure) {
  const [field, name, unit, worst, best, fair, good] = measure;
  const value = measured[field];
  if (typeof value !== "number") return null;
  const key = technology + field;
  modem.best[key] = Math.max(modem.best[key] ?? value, value);
  modem.worst[key] = Math.min(modem.worst[key] ?? value, value);
  const box = element("div", undefined, "measure");
  box.dataset.measure = key;
  box.append(element("small", `${words} ${name}`));
  box.append(element("span", String(value), `figure ${value >= good ? "good" : value >= fair ? "fair" : "bad"}`));
  box.append(` ${unit}`);
  const meter = element("meter");
  Object.assign(meter, { min: worst, max: best, value: Math.min(Math.max(value, worst), best) });
  box.append(meter);
  box.append(element("small", `best ${modem.best[key]}, worst ${modem.worst[key]} since this page is open`));
  return box;
}

function showSignal(modem, signal) {
  const boxes = [];
  for (const [technology, words] of TECHNOLOGIES) {
    for (const measure of signal[technology] ? MEASURES : []) {
      const box = figure(modem, technology, words, signal[technology], measure);
      if (box) boxes.push(box);
    }
  }
  if (boxes.length === 0 && typeof signal.dbm === "number") {
    boxes.push(figure(modem, "all", "", { rssi: signal.dbm }, MEASURES[4]));
  }
  if (boxes.length === 0) boxes.push(element("p", "The modem measures no signal now."));
  modem.root.querySelector(".signals").replaceChildren(...boxes);
}

// ---- facts ----

const joined = (...parts) => parts.filter((part) => part !== undefined && part !== null && part !== "").join(" ");

function factsOf(status) {
  const { modem = {}, sim = {}, network = {}, bearer = {}, link = {} } = status;
  const provider = network.provider || {};
  return [
    ["Modem", joined(modem.name, modem.firmware, modem.device)],
    ["SIM", joined(sim.state, sim.iccid)],
    ["Network", joined(network.state, provider.name, provider.id, network.technology, network.signal_dbm && `${network.signal_dbm} dBm`)],
    ["Connection", joined(bearer.apn, bearer.state, ...(link.addresses || []).map((one) => one.address))],
    ["Interface", joined(link.name, link.mtu && `MTU ${link.mtu}`)],
    ["DNS", joined(...(status.dns || []))],
  ].filter(([, value]) => value);
}

function showFacts(modem, status) {
  const rows = factsOf(status).flatMap(([name, value]) => [element("dt", name), element("dd", value)]);
  modem.root.querySelector(".facts").replaceChildren(...rows);
}

const CELL_COLUMNS = [
  ["technology", ""], ["role", ""], ["band", "band"], ["channel", "channel"], ["bandwidth", "MHz"], ["pci", "PCI"],
  ["cell_id", "cell"], ["rsrp", "RSRP"], ["rsrq", "RSRQ"], ["sinr", "SINR"],
];

function showCells(modem, cells) {
  const head = element("tr");
  head.append(...CELL_COLUMNS.map(([, words]) => element("th", words)));
  const rows = [...(cells.serving || []), ...(cells.neighbours || [])].map((cell) => {
    const row = element("tr");
    row.append(...CELL_COLUMNS.map(([field]) => element("td", cell[field] ?? "")));
    return row;
  });
  modem.root.querySelector(".cells table").replaceChildren(head, ...rows);
}

function showBelief(modem, belief) {
  const state = modem.root.querySelector(".state");
  state.textContent = `is ${belief.state} since ${new Date(belief.since).toLocaleTimeString()}`;
  state.className = `state ${belief.state === "online" ? "online" : "bad"}`;
  const plan = belief.plan ? ` Next: ${belief.plan.what} in ${Math.round(belief.plan.seconds)} s.` : "";
  modem.root.querySelector(".reason").textContent = `${belief.reason}.${plan}`;
  const steps = (belief.tried || []).slice(-10).reverse().map((step) => element("li",
    `${new Date(step.time).toLocaleTimeString()} ${step.what}${step.reason ? ", because " + step.reason : ""}: ${step.result ?? "under way"}`));
  modem.root.querySelector(".tried ol").replaceChildren(...steps);
}

// ---- history ----

function series(records) {
  const times = [], rsrp = [], sinr = [];
  for (const record of records) {
    if (record.kind !== "signal") continue;
    times.push(Date.parse(record.time) / 1000);
    rsrp.push(record.nr_rsrp ?? record.lte_rsrp ?? record.umts_rscp ?? record.dbm ?? null);
    sinr.push(record.nr_sinr ?? record.lte_sinr ?? record.umts_ecio ?? null);
  }
  return [times, rsrp, sinr];
}

// Outages are shaded, hand-overs are lines.
function marks(told) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = "rgba(200, 40, 30, .15)";
    for (const span of told.spans || []) {
      if (span.what !== "outage") continue;
      const from = plot.valToPos(Date.parse(span.from) / 1000, "x", true);
      const to = plot.valToPos(span.to ? Date.parse(span.to) / 1000 : Date.now() / 1000, "x", true);
      ctx.fillRect(Math.max(from, bbox.left), bbox.top, Math.max(to - Math.max(from, bbox.left), 1), bbox.height);
    }
    ctx.strokeStyle = "rgba(80, 110, 200, .6)";
    for (const handover of told.handovers || []) {
      const x = plot.valToPos(Date.parse(handover.time) / 1000, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
}

function showHistory(modem, told) {
  const place = modem.root.querySelector(".plot");
  const data = series(told.records || []);
  if (modem.plot) modem.plot.destroy();
  modem.plot = null;
  if (data[0].length < 2) {
    place.textContent = "Nothing is known of that time yet.";
    return;
  }
  place.textContent = "";
  const ink = getComputedStyle(document.body).color;
  const now = Date.now() / 1000;
  modem.plot = new uPlot({
    width: place.clientWidth || 320, height: 220,
    scales: { x: { range: [Math.max(now - HISTORY, data[0][0] - 60), now] } },
    axes: [{ stroke: ink }, { stroke: ink, scale: "dBm" }, { stroke: ink, scale: "dB", side: 1, grid: { show: false } }],
    series: [{}, { label: "RSRP, dBm", stroke: "#1c7dd4", scale: "dBm", width: 2 },
      { label: "SINR, dB", stroke: "#d47a1c", scale: "dB", width: 2 }],
    hooks: { drawAxes: [marks(told)] },
  }, data, place);
}

// ---- orders ----

const ORDERS = [["up", "Up"], ["down", "Down"], ["reconnect", "Reconnect"]];
const MORE_ORDERS = [["reset", "Reset"], ["radio-off", "Radio off"], ["radio-on", "Radio on"]];

async function give(modem, order, words) {
  const told = modem.root.querySelector(".told");
  const buttons = modem.root.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  told.textContent = `${words} …`;
  told.className = "told";
  try {
    await ask(of(order, modem.name), { method: "POST" });
    told.textContent = `${words}: done`;
  } catch (problem) {
    told.textContent = `${words}: ${problem.message}`;
    told.className = "told bad";
  }
  for (const button of buttons) button.disabled = false;
  look(modem);
}

function makeButtons(modem) {
  const list = rights.control ? [...ORDERS, ...MORE_ORDERS] : ORDERS;
  modem.root.querySelector(".buttons").replaceChildren(...list.map(([order, words]) => {
    const button = element("button", words);
    button.type = "button";
    button.dataset.order = order;
    button.addEventListener("click", () => give(modem, order, words));
    return button;
  }));
}

// ---- modems ----

function modemOf(name) {
  if (!modems.has(name)) {
    const root = document.getElementById("modem").content.cloneNode(true).firstElementChild;
    const modem = { name, root, best: {}, worst: {} };
    root.dataset.modem = name;
    root.querySelector(".name").textContent = name;
    makeButtons(modem);
    modems.set(name, modem);
    document.getElementById("modems").append(root);
  }
  return modems.get(name);
}

// One part that cannot be told does not hide the others.
async function show(path, fn) {
  try {
    fn(await ask(path));
  } catch (problem) {
    console.warn(`${path}: ${problem.message}`);
  }
}

function look(modem) {
  return Promise.all([
    show(of("status", modem.name), (value) => showFacts(modem, value)),
    show(of("signal", modem.name), (value) => showSignal(modem, value)),
    show(of("cells", modem.name), (value) => showCells(modem, value)),
  ]);
}

async function lookAtBeliefs() {
  await show("/api/why", (beliefs) => {
    const names = new Set(beliefs.map((belief) => belief.modem));
    for (const [name, modem] of modems) {
      if (!names.has(name)) {
        modem.root.remove();
        modems.delete(name);
      }
    }
    for (const belief of beliefs) {
      const isNew = !modems.has(belief.modem);
      const modem = modemOf(belief.modem);
      const hasChanged = modem.state !== belief.state;
      modem.state = belief.state;
      showBelief(modem, belief);
      if (isNew || hasChanged) look(modem);
    }
    document.getElementById("none").hidden = beliefs.length > 0;
  });
}

async function lookAtHistory() {
  await show(`/api/history?since=${HISTORY / 3600}h`, (list) => {
    for (const told of list) if (modems.has(told.modem)) showHistory(modems.get(told.modem), told);
  });
}

// ---- the daemon ----

let lastSign = 0, waiting = null;

function setLink(isLive) {
  const link = document.getElementById("link");
  link.textContent = isLive ? "live" : "lost: the daemon does not answer; what is shown is old";
  link.className = isLive ? "live" : "lost";
  document.getElementById("modems").className = isLive ? "" : "stale";
}

function lookSoon() {
  if (waiting === null) waiting = setTimeout(() => { waiting = null; lookAtBeliefs(); }, 300);
}

function sign() {
  lastSign = Date.now();
}

// A browser tries again by itself where nothing answers, but not after an answer such as 502 of a reverse proxy, while
// the daemon restarts.
function listen() {
  const source = new EventSource("/api/live");
  source.addEventListener("open", async () => {
    sign();
    setLink(true);
    await lookAtBeliefs();
    for (const modem of modems.values()) look(modem);
    lookAtHistory();
  });
  source.addEventListener("error", () => {
    setLink(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN);
  });
  source.addEventListener("pulse", sign);
  source.addEventListener("event", () => { sign(); lookSoon(); });
  source.addEventListener("signal", (told) => {
    sign();
    const { modem, signal, place } = JSON.parse(told.data);
    if (!modems.has(modem)) return;
    if (signal) showSignal(modems.get(modem), signal);
    if (place) show(of("cells", modem), (value) => showCells(modems.get(modem), value));
  });
}

async function begin() {
  await show("/api/rights", (value) => { rights = value; });
  listen();
  setInterval(() => { if (Date.now() - lastSign > LOST) setLink(false); }, 5000);
  setInterval(lookAtHistory, 300000);
}

begin();
