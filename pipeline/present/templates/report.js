"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = Array.from(table.tHead.rows[0].cells);
  const body = table.tBodies[0];
  const value = (row, column) => {
    const raw = row.cells[column].dataset.sort;
    const number = Number(raw);
    return raw === "" ? null : Number.isNaN(number) ? raw : number;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  const sort = (column, direction) => {
    const rows = Array.from(body.rows);
    rows.sort((first, second) => {
      const a = value(first, column), b = value(second, column);
      if (a === null || b === null) return (a === null) - (b === null);
      return direction * compare(a, b);
    });
    body.append(...rows);
    heads.forEach((head, k) => {
      if (k === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  };
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const first = head.dataset.first === "up" ? 1 : -1;
      sort(column, now === null ? first : now === "ascending" ? -1 : 1);
    });
  });
}

const video = document.querySelector("video.game");
const figure = document.querySelector("figure.watch");
const seek = (seconds) => {
  video.currentTime = Math.max(0, seconds - Number(video.dataset.begin));
  video.play().catch(() => {});
  const place = figure.parentElement.getBoundingClientRect();
  if (!figure.classList.contains("floating")) figure.parentElement.style.minHeight = `${place.height}px`;
  figure.classList.toggle("floating", place.bottom < 0 || place.top > window.innerHeight);
};
const address = (seconds) =>
  `${video.getAttribute("src")}#t=${Math.max(0, seconds - Number(video.dataset.begin)).toFixed(2)}`;
let plays = video !== null;
if (video) {
  document.body.classList.add("has-video");
  video.addEventListener("error", () => {
    plays = false;
    figure.hidden = true;
    document.querySelector(".no-player").hidden = false;
  });
  figure.querySelector("button").addEventListener("click", () => figure.classList.remove("floating"));
  for (const link of document.querySelectorAll("a.at")) {
    link.href = address(Number(link.dataset.t));
    link.addEventListener("click", (event) => {
      if (!plays || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      seek(Number(link.dataset.t));
    });
  }
  for (const bars of document.querySelectorAll(".lane-bars")) {
    bars.addEventListener("click", (event) => {
      const box = bars.getBoundingClientRect();
      const { from, to } = bars.closest("[data-from]").dataset;
      const seconds = Number(from) + ((event.clientX - box.left) / box.width) * (Number(to) - Number(from));
      if (plays) seek(seconds);
      else window.open(address(seconds));
    });
  }
}

const compare = document.querySelector(".compare");
if (compare) {
  const picks = Array.from(compare.querySelectorAll("select"));
  const show = () => {
    const chosen = picks.map((pick) => Number(pick.value));
    for (const row of compare.querySelectorAll("tr")) {
      const cells = Array.from(row.cells);
      cells.forEach((cell, k) => {
        cell.hidden = k > 0 && !chosen.includes(k);
        cell.classList.remove("more");
      });
      const values = chosen.map((k) => Number(cells[k].dataset.value));
      const most = values[0] === values[1] ? -1 : values.indexOf(Math.max(...values));
      const told = chosen.map((k) => cells[k].textContent);
      if (most >= 0 && told[0] !== told[1] && values.every((value) => !Number.isNaN(value))) cells[chosen[most]].classList.add("more");
    }
  };
  compare.classList.add("two");
  picks.forEach((pick) => pick.addEventListener("change", show));
  show();
}

const about = document.querySelector("output.about");
for (const symbol of document.querySelectorAll(".appearance path")) {
  const title = symbol.querySelector("title");
  if (title) symbol.addEventListener("click", () => { about.textContent = title.textContent; });
}

window.addEventListener("beforeprint", () => {
  for (const element of document.querySelectorAll("img[loading]")) element.loading = "eager";
});
