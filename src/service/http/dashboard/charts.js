"use strict";
// Bars with axes in a figure. A chart is read with the pointer, or with the arrow keys as a slider whose value is a bar.
const charts = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const [RIGHT, TOP, BOTTOM, HEIGHT] = [6, 16, 24, 196];
  const FLOOR = HEIGHT - BOTTOM;
  // Pixels of a character beside an axis, and what is around it.
  const [CHARACTER, AROUND] = [7.6, 14];
  // Seconds between two times on the axis, and the pixels that a time needs.
  const TIME_STEPS = [300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000];
  const TIME_WIDTH = 62;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
  const two = (value) => String(value).padStart(2, "0");
  const clock = (date) => two(date.getUTCHours()) + ":" + two(date.getUTCMinutes());
  const day = (date) => date.getUTCDate() + " " + MONTHS[date.getUTCMonth()];
  const seconds = (ms) => (ms >= 1000 ? ms / 1000 + " s" : ms ? ms + " ms" : "0");
  const dollars = (value) => "$" + value.toFixed(4);
  // The service writes UTC without a letter for it.
  const moment = (text) => Date.parse(text + "Z");

  // From where a value is elevated, and from where it is high: of error rates in %, of response times in ms.
  const LIMITS = { errors: [5, 10], latency: [2000, 5000] };

  function tone(limits, value) {
    if (!limits || value < limits[0]) return "";
    return value < limits[1] ? "warn" : "bad";
  }
  const WORDS = { "": "", warn: ", elevated", bad: ", high" };

  const total = (bars, key) => bars.reduce((sum, bar) => sum + bar[key], 0);
  const requests = (bar) => bar.conversations + bar.failed;

  // One chart each: the value of a bar, what the axis and a bar say, and the range in a few words; how far the axis goes, and what is said,
  // when there is nothing to show.
  const CHARTS = [
    {
      id: "requests", title: "Requests", whole: true, least: 4, none: "No requests", value: requests, failed: (bar) => bar.failed,
      axis: (value) => short.format(value),
      says: (bar) => [whole.format(requests(bar)) + " requests", whole.format(bar.failed) + " failed", whole.format(bar.errors) + " error answers"],
      sum: (bars) => whole.format(total(bars, "conversations") + total(bars, "failed")) + " in all, " + whole.format(total(bars, "failed")) + " failed",
    },
    {
      id: "errors", title: "Error rate", least: 10, none: "No failed requests", limits: LIMITS.errors, value: (bar) => bar.error_rate_percent,
      axis: (value) => value + "%",
      says: (bar) => [bar.error_rate_percent.toFixed(2) + "%" + WORDS[tone(LIMITS.errors, bar.error_rate_percent)], whole.format(bar.failed) + " of " + whole.format(requests(bar)) + " requests failed"],
      sum: (bars) => {
        const all = total(bars, "conversations") + total(bars, "failed");
        return (all ? (total(bars, "failed") / all) * 100 : 0).toFixed(2) + "% of all requests";
      },
    },
    {
      id: "latency", title: "AI response time, p95", least: 1000, none: "No conversations", limits: LIMITS.latency, value: (bar) => bar.p95_response_time_ms,
      axis: seconds,
      says: (bar) => [whole.format(bar.p95_response_time_ms) + " ms" + WORDS[tone(LIMITS.latency, bar.p95_response_time_ms)], "average " + whole.format(bar.avg_response_time_ms) + " ms", whole.format(bar.conversations) + " conversations"],
      sum: (bars) => "highest " + whole.format(Math.max(...bars.map((bar) => bar.p95_response_time_ms))) + " ms",
    },
    {
      id: "cost", title: "API cost", least: 0.01, none: "No cost", value: (bar) => bar.cost_usd,
      axis: (value, step) => "$" + value.toFixed(step >= 1 ? 0 : Math.min(6, Math.max(2, Math.ceil(-Math.log10(step) - 0.01)))),
      says: (bar) => [dollars(bar.cost_usd), whole.format(bar.tokens) + " tokens"],
      sum: (bars) => dollars(total(bars, "cost_usd")) + " in all",
    },
  ];

  function add(parent, name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }

  function element(parent, name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  // The step of an axis from 0 that covers `most` in four steps at most: 1, 2 or 5 times a power of ten.
  function step(most, counts) {
    const rough = Math.max(most / 4, counts ? 1 : 1e-6);
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((times) => times * power).find((found) => found >= rough * 0.999);
  }

  // When a bar begins and ends.
  function time(answer, index) {
    const [from, to] = [0, 1].map((after) => new Date(moment(answer.buckets[index].at) + after * answer.step_seconds * 1000));
    const date = answer.range === "1h" ? "" : day(from) + ", ";
    return date + clock(from) + (answer.step_seconds > 60 ? "–" + clock(to) : "") + " UTC";
  }

  // The values that an axis shows, from 0 on, and their texts.
  function scale(chart, bars) {
    const most = Math.max(...bars.map(chart.value)) || chart.least;
    const between = step(most, chart.whole);
    const values = Array.from({ length: Math.ceil(most / between - 1e-9) + 1 }, (_, line) => Number((line * between).toPrecision(12)));
    return { values, texts: values.map((value) => chart.axis(value, between)) };
  }

  function timeAxis(svg, answer, at, left, width) {
    const first = moment(answer.buckets[0].at) / 1000;
    const length = answer.buckets.length * answer.step_seconds;
    const between = TIME_STEPS.find((found) => (found / length) * (width - left - RIGHT) >= TIME_WIDTH) || TIME_STEPS.at(-1);
    for (let second = Math.ceil(first / between) * between; second < first + length; second += between) {
      const [x, date] = [at((second - first) / answer.step_seconds), new Date(second * 1000)];
      add(svg, "line", { class: "tick", x1: x, x2: x, y1: FLOOR, y2: FLOOR + 4 });
      const text = second % 86400 === 0 ? day(date) : clock(date);
      // The last one may have no room on its right.
      const last = x > width - 24;
      add(svg, "text", { x: last ? width : x, y: HEIGHT - 6, "text-anchor": last ? "end" : "middle" }, text);
    }
  }

  // A bar that is elevated or high has a mark above it, too: colour alone says nothing to some people.
  function mark(svg, kind, x, y) {
    const [left, right, low, high] = [x - 4, x + 4, y - 3, y - 9];
    const path = kind === "bad" ? `M${left} ${high}H${right}L${x} ${low}Z` : `M${x} ${high}L${right} ${(high + low) / 2}L${x} ${low}L${left} ${(high + low) / 2}Z`;
    add(svg, "path", { class: "mark " + kind, d: path });
  }

  function plot(figure, chart, answer, axis, left, onRead) {
    const bars = answer.buckets;
    const values = bars.map(chart.value);
    const width = Math.max(260, Math.floor(figure.clientWidth - 28));
    const each = (width - left - RIGHT) / bars.length;
    const at = (place) => left + place * each;
    const top = axis.values.at(-1);
    const high = (value) => FLOOR - (value / top) * (FLOOR - TOP);

    const box = element(figure, "div", "plot");
    const svg = add(box, "svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true", focusable: "false" });
    axis.values.forEach((value, line) => {
      const y = high(value);
      add(svg, "line", { class: line ? "grid" : "axis", x1: left, x2: width - RIGHT, y1: y, y2: y });
      add(svg, "text", { x: left - 8, y: y + 4, "text-anchor": "end" }, axis.texts[line]);
    });
    timeAxis(svg, answer, at, left, width);
    const band = add(svg, "rect", { class: "band", y: TOP, height: FLOOR - TOP, width: each });
    for (const [place, limit] of (chart.limits || []).entries()) {
      if (limit <= top) add(svg, "line", { class: "limit " + ["warn", "bad"][place], x1: left, x2: width - RIGHT, y1: high(limit), y2: high(limit) });
    }
    const gap = each > 4 ? Math.min(3, each * 0.2) : each > 2.4 ? 0.8 : 0;
    values.forEach((value, index) => {
      if (value <= 0) return;
      const kind = tone(chart.limits, value);
      const y = Math.min(high(value), FLOOR - 1.5);
      const x = at(index) + gap / 2;
      add(svg, "rect", { class: "value " + kind, x, y, width: each - gap, height: FLOOR - y });
      const failed = chart.failed ? chart.failed(bars[index]) : 0;
      if (failed > 0) add(svg, "rect", { class: "failed", x, y, width: each - gap, height: Math.max(1.5, FLOOR - high(failed)) });
      if (kind) mark(svg, kind, x + (each - gap) / 2, y);
    });
    if (values.every((value) => value <= 0)) {
      add(svg, "text", { class: "none", x: (left + width - RIGHT) / 2, y: (TOP + FLOOR) / 2 + 4, "text-anchor": "middle" }, chart.none);
    }

    const tip = element(box, "div", "tip");
    tip.setAttribute("aria-hidden", "true");
    tip.hidden = true;
    for (const [attribute, value] of [["role", "slider"], ["tabindex", 0], ["aria-label", chart.title + ", bar by bar"], ["aria-valuemin", 1], ["aria-valuemax", bars.length]]) box.setAttribute(attribute, value);

    // Marks the bar in every chart; what it says is shown where it is read.
    function read(index, here) {
      band.classList.toggle("on", index !== null);
      tip.hidden = index === null || !here;
      const shown = index === null ? bars.length - 1 : index;
      const [when, says] = [time(answer, shown), chart.says(bars[shown])];
      box.setAttribute("aria-valuenow", shown + 1);
      box.setAttribute("aria-valuetext", [when, ...says].join(", "));
      if (index === null) return;
      band.setAttribute("x", at(index));
      if (!here) return;
      tip.textContent = "";
      element(tip, "span", "when", when);
      says.forEach((line, place) => element(tip, place ? "span" : "strong", "", line));
      const middle = at(index) + each / 2;
      const start = middle > width / 2 ? middle - tip.offsetWidth - 10 : middle + 10;
      tip.style.left = Math.max(0, Math.min(start, width - tip.offsetWidth)) + "px";
    }
    const under = (event) => Math.max(0, Math.min(bars.length - 1, Math.floor((event.clientX - box.getBoundingClientRect().left - left) / each)));
    for (const kind of ["pointermove", "pointerdown"]) box.addEventListener(kind, (event) => onRead(under(event), chart.id));
    // A finger that is lifted leaves what it showed.
    box.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") onRead(null, chart.id); });
    box.addEventListener("blur", () => onRead(null, chart.id));
    box.addEventListener("focus", () => { if (box.matches(":focus-visible")) onRead(bars.length - 1, chart.id); });
    box.addEventListener("keydown", (event) => {
      const now = Number(box.getAttribute("aria-valuenow")) - 1;
      const to = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: bars.length - 1, PageUp: now + 10, PageDown: now - 10 }[event.key];
      if (event.key === "Escape") onRead(null, chart.id);
      if (to === undefined) return;
      event.preventDefault();
      onRead(Math.max(0, Math.min(bars.length - 1, to)), chart.id);
    });
    read(null, false);
    return { id: chart.id, box, read };
  }

  let drawn = [];
  let reading = null;
  let drawing = false;

  function onRead(index, id) {
    // Charts that go and come again lose and get the focus: nobody reads anything else by that.
    if (drawing) return;
    reading = index === null ? null : { index, id };
    for (const chart of drawn) chart.read(index, chart.id === id);
  }

  // Draws all charts of an answer; what was being read stays so.
  function draw(answer) {
    const focused = drawn.find((chart) => chart.box === document.activeElement);
    drawing = true;
    const axes = CHARTS.map((chart) => scale(chart, answer.buckets));
    // One width beside all axes, so that the charts stand one below the other.
    const left = Math.ceil(Math.max(...axes.flatMap((axis) => axis.texts.map((text) => text.length))) * CHARACTER + AROUND);
    drawn = CHARTS.map((chart, place) => {
      const figure = document.getElementById("chart-" + chart.id);
      figure.textContent = "";
      const caption = element(figure, "figcaption");
      element(caption, "strong", "", chart.title);
      element(caption, "span", "quiet", chart.sum(answer.buckets));
      return plot(figure, chart, answer, axes[place], left, onRead);
    });
    if (focused) drawn.find((chart) => chart.id === focused.id).box.focus({ preventScroll: true });
    drawing = false;
    if (reading) onRead(Math.min(reading.index, answer.buckets.length - 1), reading.id);
  }

  return { draw, element, tone, LIMITS, WORDS, whole, dollars };
})();
