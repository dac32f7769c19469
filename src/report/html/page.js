
"use strict";
// Each list of the page: folds its rows up, sorts, filters, and says how many are shown.
for (const list of document.querySelectorAll(".list")) {
  const table = list.querySelector("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const count = list.querySelector(".count");
  const filter = list.querySelector(".filter");
  const order = list.querySelector(".order");
  const kinds = [...list.querySelectorAll(".kind")];
  const rows = [...body.querySelectorAll(".row")].map((row, at) => {
    const below = row.nextElementSibling;
    const detail = below && below.classList.contains("detail") ? below : null;
    const text = (row.textContent + " " + (detail ? detail.textContent : "")).toLowerCase();
    return { row, at, detail, text, unfold: row.querySelector(".unfold"), keys: [...row.cells].map((cell) => cell.dataset.sort) };
  });

  const unfold = (entry, open) => {
    if (!entry.detail) return;
    entry.unfold.setAttribute("aria-expanded", String(open));
    entry.detail.hidden = !open || entry.row.hidden;
  };
  const isOpen = (entry) => entry.unfold && entry.unfold.getAttribute("aria-expanded") === "true";

  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = kinds.filter((kind) => kind.getAttribute("aria-pressed") === "true").map((kind) => kind.dataset.kind);
    let shown = 0;
    for (const entry of rows) {
      const fits = (!wanted.length || wanted.includes(entry.row.dataset.kind)) && words.every((word) => entry.text.includes(word));
      entry.row.hidden = !fits;
      shown += fits ? 1 : 0;
      unfold(entry, isOpen(entry));
    }
    const all = rows.length === 1 ? "1 " + count.dataset.one : rows.length + " " + count.dataset.one + "s";
    count.textContent = shown === rows.length ? all : shown + " of " + all + " shown";
  };

  const sort = (column, falling) => {
    const numeric = column >= 0 && heads[column].classList.contains("number");
    const compare = (a, b) => {
      if (column < 0) return a.at - b.at;
      const [x, y] = [a.keys[column], b.keys[column]];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined) || a.at - b.at;
      const way = numeric ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
      return (falling ? -way : way) || a.at - b.at;
    };
    for (const entry of [...rows].sort(compare)) {
      body.append(entry.row);
      if (entry.detail) body.append(entry.detail);
    }
    heads.forEach((head, at) => head.setAttribute("aria-sort", at !== column ? "none" : falling ? "descending" : "ascending"));
    order.value = String(column);
  };

  heads.forEach((head, column) => head.querySelector(".sort").addEventListener("click", () => {
    const sorted = head.getAttribute("aria-sort");
    const falling = sorted === "none" ? head.classList.contains("number") : sorted === "ascending";
    sort(column, falling);
  }));
  order.addEventListener("change", () => {
    const column = Number(order.value);
    sort(column, column >= 0 && heads[column].classList.contains("number"));
  });
  for (const kind of kinds) {
    kind.addEventListener("click", () => {
      kind.setAttribute("aria-pressed", String(kind.getAttribute("aria-pressed") !== "true"));
      show();
    });
  }
  for (const entry of rows) {
    unfold(entry, false);
    if (entry.unfold) entry.unfold.addEventListener("click", () => unfold(entry, !isOpen(entry)));
  }
  filter.addEventListener("input", show);
  show();

  // A table that is wider than its place is folded into cards, rather than its words.
  const fold = () => {
    list.classList.remove("folded");
    list.classList.toggle("folded", table.scrollWidth > list.clientWidth);
  };
  addEventListener("resize", fold);
  fold();
}
