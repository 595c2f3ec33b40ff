// "all": what the keyboard must reach, in the order of the page. "now": where it is, and whether the reader can see that.
(what) => {
  const name = (node) => `${node.tagName.toLowerCase()} ${node.id || node.textContent.trim().slice(0, 30)} @${[...document.querySelectorAll("*")].indexOf(node)}`;
  if (what === "all") {
    const operated = [...document.querySelectorAll("a[href], button, summary, input:checked, select, textarea, [tabindex='0']")];
    return operated.filter((one) => one.checkVisibility()).map(name);
  }
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  // The switch is drawn by its labels, which carry the ring of the hidden button.
  const shown = at.matches(".switch") ? document.querySelector(".languages") : at;
  const style = getComputedStyle(shown);
  return { at: name(at), ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
}
