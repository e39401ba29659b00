(() => {
"use strict";
// A link holds its table as CSV; copied is the same with tabs, which a spreadsheet or a text takes as cells.
const flat = (text) => text.replace(/\s+/g, " ").trim();

function unpacked(address) {
  const csv = decodeURIComponent(address.slice(address.indexOf(",") + 1)).replace(/^\ufeff/, "");
  let text = "";
  for (const [whole, cell, end] of csv.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/g)) {
    if (!whole) break;
    text += flat(cell[0] === '"' ? cell.slice(1, -1).replaceAll('""', '"') : cell) + (end === "," ? "\t" : "\n");
  }
  return text;
}

function words(cell) {
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) found.push(walk.currentNode.data);
  return flat(found.join(" "));
}

const shown = (tables) => tables.map((table) =>
  [...table.rows].map((row) => [...row.cells].map(words).join("\t") + "\n").join("")).join("\n");

// Where no page may write to the clipboard, the reader copies by hand what is marked here.
function mark(tables) {
  for (const table of tables) for (let at = table; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  const range = document.createRange();
  range.setStartBefore(tables[0]);
  range.setEndAfter(tables.at(-1));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

for (const part of document.querySelectorAll("p.data")) {
  const room = document.getElementById(part.dataset.tables) || part.closest("section");
  const tables = [...room.querySelectorAll("table")], said = document.createElement("span");
  said.setAttribute("role", "status");
  said.className = "copied";
  const offer = (after, name, text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy " + name);
    button.addEventListener("click", async () => {
      said.textContent = "";
      try {
        await navigator.clipboard.writeText(text());
        said.textContent = "Copied: " + name;
      } catch {
        if (tables.length) mark(tables);
        said.textContent = tables.length ? "Not allowed here. The table is marked: copy it with Ctrl+C or Cmd+C." : "Not allowed here.";
      }
    });
    after.after(" ", button);
  };
  const links = [...part.querySelectorAll("a[download]")];
  for (const link of links) offer(link, link.textContent, () => unpacked(link.href));
  part.append(" ", said);
  if (!links.length && tables.length) offer(part.lastElementChild.previousElementSibling || part.firstChild, "the table", () => shown(tables));
}
})();
