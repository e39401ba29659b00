(() => {
"use strict";
// Nothing is worked out here: the answer of every choice was pooled and rounded beforehand, and is looked up by number.
const at = (id) => document.getElementById(id);
const room = at("what-if-live"), source = at("synth-document");
if (!room || !source) return;
const held = JSON.parse(source.textContent).what_if;
if (!held) return;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const boxes = [...room.querySelectorAll("input")], k = boxes.length, [size, noted] = held.digits;
const widths = [size, size, size, 2, 2, 2, noted], step = 3 * size + 6 + noted, nowhere = 4095, last = 4094;
const said = at("what-if-said"), diamond = at("what-if-diamond"), words = room.dataset;

function row(number) {
  let here = number * step;
  return widths.map((width) => {
    let value = 0;
    for (const end = here + width; here < end; here++) value = value * 64 + letters.indexOf(held.rows[here]);
    return value;
  });
}

// Where the answer of a choice stands; -1 where there is none.
function place(out) {
  if (out.length === k) return -1;
  if (held.held === "subsets") return boxes.reduce((sum, box, i) => sum + (box.checked ? 2 ** i : 0), 0) - 1;
  if (out.length === 0) return 0;
  if (out.length === 1) return 1 + out[0];
  if (out.length > 2 || held.held === "one") return -1;
  const [i, j] = out;
  return k + 1 + i * (2 * k - i - 1) / 2 + (j - i - 1);
}

function limits(low, high) {
  if (low && high) return words.interval + " " + held.texts[low] + " to " + held.texts[high];
  if (low) return words.interval + " from " + held.texts[low];
  return high ? words.interval + " up to " + held.texts[high] : "no interval";
}

function who(out) {
  const left = k - out.length;
  if (out.length === 0) return "All " + k + " series";
  // Isolated, so that a right-to-left name cannot reorder the sentence.
  const names = out.map((i) => "\u2068" + boxes[i].parentElement.querySelector("bdi").textContent + "\u2069");
  const without = out.length > 2 ? out.length + " series" : names.join(" and ");
  return "Without " + without + ", " + left + " of " + k + " series";
}

function draw(middle, low, high) {
  const seen = (mark, on) => mark.setAttribute("visibility", on ? "visible" : "hidden");
  seen(diamond, middle !== nowhere);
  seen(at("what-if-below"), low === 0);
  seen(at("what-if-above"), high === last);
  if (middle === nowhere) return;
  const x = (code, none) => 20 + 600 * (code === nowhere ? none : code) / last;
  const left = x(low, middle), right = x(high, middle), centre = x(middle, middle);
  diamond.setAttribute("points", left + ",30 " + centre + ",20 " + right + ",30 " + centre + ",40");
}

function show() {
  const out = boxes.map((box, i) => box.checked ? -1 : i).filter((i) => i >= 0), number = place(out);
  if (number < 0) {
    draw(nowhere, nowhere, nowhere);
    said.textContent = out.length === k ? "No series is ticked, so there is no answer." : words.beyond;
    return;
  }
  const [estimate, low, high, x, left, right, note] = row(number);
  draw(x, left, right);
  const figure = estimate || low || high
    ? words.before + held.texts[estimate] + words.after + " (" + limits(low, high) + ")." : "no answer.";
  said.textContent = who(out) + ": " + figure + (held.notes[note] ? " " + held.notes[note] : "");
}

room.addEventListener("change", show);
at("what-if-reset").addEventListener("click", () => { for (const box of boxes) box.checked = true; show(); });
room.hidden = false;
show();
})();
