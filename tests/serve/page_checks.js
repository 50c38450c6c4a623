/* What the test of the page asks of the document, whichever state it is in: returns sentences, none where all is well. */
const faults = [];
const isShown = (node) => node.checkVisibility({ visibilityProperty: true });
const words = (node) => (node.textContent || "").trim();
const describe = (node) => `${node.localName}${node.id ? "#" + node.id : ""} "${words(node).slice(0, 30)}"`;

function nameOf(node) {
  const labelledBy = node.getAttribute("aria-labelledby");
  if (labelledBy) return labelledBy.split(" ").map((id) => words(document.getElementById(id))).join(" ");
  return node.getAttribute("aria-label") || [...(node.labels ?? [])].map(words).join(" ") ||
    (["button", "a", "summary"].includes(node.localName) ? words(node) : "");
}

function checkNames() {
  for (const node of document.querySelectorAll("input, select, button, meter, audio, a, summary, [role=toolbar], [role=region]"))
    if (!nameOf(node)) faults.push(`${describe(node)} has no name`);
  for (const image of document.querySelectorAll("img"))
    if (isShown(image) && !image.alt) faults.push(`an image has no alternative text`);
}

function checkStructure() {
  if (document.documentElement.lang !== "en") faults.push("the language is not told");
  if (document.querySelectorAll("h1").length !== 1) faults.push("there is not exactly one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("there is not exactly one main");
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) faults.push(`${id} stands twice`);
  let level = 0;
  for (const heading of [...document.querySelectorAll("h1, h2, h3, h4")].filter(isShown)) {
    if (heading.localName[1] > level + 1) faults.push(`${describe(heading)} skips a level`);
    level = Number(heading.localName[1]);
  }
  for (const header of document.querySelectorAll("th"))
    if (!header.scope) faults.push(`${describe(header)} does not say what it heads`);
  for (const node of document.querySelectorAll("[tabindex]"))
    if (node.tabIndex > 0) faults.push(`${describe(node)} jumps the queue of the Tab key`);
  for (const node of document.querySelectorAll("*"))
    if ([...node.attributes].some(({ name }) => name.startsWith("on"))) faults.push(`${describe(node)} has code in it`);
}

/* "rgb(1, 2, 3)" and "rgba(1, 2, 3, 0.5)" → [1, 2, 3, share]. */
const colour = (text) => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };

function background(node) {
  for (let at = node; at; at = at.parentElement) {
    const found = colour(getComputedStyle(at).backgroundColor);
    if (found[3] === 1) return found;
  }
  return [255, 255, 255, 1];
}

function luminance([r, g, b]) {
  const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/* WCAG 2.1, 1.4.3: 4.5, and 3 for large text. */
function checkContrast() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!words(walker.currentNode) || !isShown(node) || ["script", "style"].includes(node.localName) || node.disabled) continue;
    const style = getComputedStyle(node), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.6 && style.fontWeight >= 600) ? 3 : 4.5;
    const found = contrast(colour(style.color), background(node));
    if (found < least) faults.push(`${describe(node)} has a contrast of ${found.toFixed(2)}`);
  }
}

function checkWidth() {
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    faults.push(`the page is ${root.scrollWidth} pixels wide where ${root.clientWidth} are there`);
}

checkNames();
checkStructure();
checkContrast();
checkWidth();
return faults;
