"use strict";
(() => {
  // Under a stage prefix the page may be served without a slash at its end: every address starts from here.
  const base = location.pathname.endsWith("/") ? location.pathname : location.pathname + "/";
  const at = (id) => document.getElementById(id);
  for (const link of document.querySelectorAll("nav a")) link.setAttribute("href", base + link.getAttribute("href"));

  const whole = new Intl.NumberFormat("en-US");
  const SVG = "http://www.w3.org/2000/svg";

  function card(name, value, note, tone) {
    const element = at("card-" + name);
    element.className = tone ? "card " + tone : "card";
    element.querySelector("strong").textContent = value;
    element.querySelector("span").textContent = note;
  }

  function chart(name, minutes, key, text) {
    const figure = at("chart-" + name);
    for (const old of figure.querySelectorAll("svg, p")) old.remove();
    const values = minutes.map((minute) => minute[key]);
    const most = Math.max(...values);
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 300 90");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    const title = figure.querySelector("figcaption").textContent;
    const last = values[values.length - 1];
    const summary = "Now " + text(last) + ", highest " + text(most);
    svg.setAttribute("aria-label", title + ", last hour. " + summary);
    const ground = document.createElementNS(SVG, "line");
    for (const [attribute, value] of [["x1", 0], ["x2", 300], ["y1", 89.5], ["y2", 89.5]]) ground.setAttribute(attribute, value);
    svg.append(ground);
    values.forEach((value, index) => {
      if (value <= 0) return;
      const height = Math.max(1.5, (value / most) * 86);
      const bar = document.createElementNS(SVG, "rect");
      for (const [attribute, of] of [["x", index * 5], ["y", 89 - height], ["width", 4], ["height", height]]) bar.setAttribute(attribute, of);
      svg.append(bar);
    });
    const note = document.createElement("p");
    note.textContent = summary;
    figure.append(svg, note);
  }

  function show(health, history) {
    const { uptime, system, requests, health_checks: checks } = health;
    const { totals, minutes } = history;
    card("status", health.status === "healthy" ? "Healthy" : "Degraded", "Environment: " + health.environment, health.status === "healthy" ? "good" : "warn");
    const long = uptime.hours >= 24;
    card("uptime", long ? uptime.days.toFixed(2) + " days" : uptime.hours.toFixed(2) + " hours", "since " + uptime.started_at.slice(0, 19).replace("T", " ") + " UTC");
    card("requests", whole.format(requests.total), "tracked: " + whole.format(totals.conversations) + " AI conversations");
    const rate = requests.error_rate_percent;
    const [tone, word] = rate < 5 ? ["good", "good"] : rate < 10 ? ["warn", "raised"] : ["bad", "high"];
    card("errors", rate.toFixed(2) + "%", whole.format(requests.failed) + " failed, " + word, tone);
    card("memory", system.memory_usage_mb.toFixed(1) + " MB", "CPU " + system.cpu_percent.toFixed(1) + "%");
    card("database", checks.database_connected ? "Connected" : "Disconnected", checks.database_connected ? "rows are stored" : "events wait on disk", checks.database_connected ? "good" : "bad");
    card("tokens", whole.format(totals.tokens), "consumed by AI");
    card("cost", "$" + totals.api_cost_usd.toLocaleString("en-US", { minimumFractionDigits: 4, maximumFractionDigits: 4 }), "USD spent on AI");
    card("appointments", whole.format(totals.appointments_requested), whole.format(totals.appointments_booked) + " booked");
    card("handoffs", whole.format(totals.human_handoffs), "escalations to a person");
    chart("requests", minutes, "requests", (value) => whole.format(value));
    chart("errors", minutes, "error_rate_percent", (value) => value.toFixed(1) + "%");
    chart("latency", minutes, "p95_response_time_ms", (value) => whole.format(value) + " ms");
    chart("cost", minutes, "cost_usd", (value) => "$" + value.toFixed(4));
  }

  async function read(path) {
    const answer = await fetch(base + path, { cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error("answered " + answer.status);
    return answer.json();
  }

  let busy = false;
  async function refresh() {
    if (busy) return;
    busy = true;
    const box = at("unreachable");
    try {
      const [health, history] = await Promise.all([read("health/detailed"), read("health/history")]);
      show(health, history);
      box.hidden = true;
      document.body.classList.remove("stale");
      at("updated").textContent = "Updated " + health.timestamp.slice(11, 19) + " UTC, every 10 s";
    } catch (error) {
      box.textContent = "The service cannot be reached. The figures below are the last ones seen; trying again every 10 s.";
      box.hidden = false;
      document.body.classList.add("stale");
    } finally {
      busy = false;
    }
  }

  at("refresh").addEventListener("click", refresh);
  setInterval(refresh, 10000);
  refresh();
})();
