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
