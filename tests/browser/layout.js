// What is wrong with a page's layout, as sentences: something reaches beyond the window, is cut off, or lies on something else.
() => {
  const wrong = [];
  const name = (node) => `${node.tagName.toLowerCase()}.${node.className || ""} ${node.textContent.trim().slice(0, 40)}`;
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > room) wrong.push(`the page is wider than the window: ${document.documentElement.scrollWidth}`);

  // What scrolls inside of a box of its own is not beyond the window.
  const scrolls = (node) => {
    for (let one = node; one && one !== document.documentElement; one = one.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(one).overflowX)) return true;
    return false;
  };
  const seen = [...document.body.querySelectorAll("*")].filter((one) => one.checkVisibility({ opacityProperty: true }));
  for (const one of seen) {
    const box = one.getBoundingClientRect();
    if (box.right > room + 1 && !scrolls(one)) wrong.push(`beyond the window: ${name(one)}`);
    if (getComputedStyle(one).overflowX === "hidden" && one.scrollWidth > one.clientWidth + 1) wrong.push(`cut off: ${name(one)}`);
  }

  // Each line of text as the band in its middle: fonts draw their boxes higher than their lines.
  const lines = [];
  for (const one of seen)
    for (const text of one.childNodes) {
      if (text.nodeType !== Node.TEXT_NODE || !text.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const box of range.getClientRects())
        if (box.width > 1 && box.height > 1)
          lines.push({ of: one, text, left: box.left + 1, right: box.right - 1, top: box.top + box.height * 0.3, bottom: box.bottom - box.height * 0.3 });
    }
  for (let i = 0; i < lines.length; i++)
    for (let j = i + 1; j < lines.length; j++) {
      const [a, b] = [lines[i], lines[j]];
      if (a.text !== b.text && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        if (!scrolls(a.of) && !scrolls(b.of)) wrong.push(`one text lies on another: ${name(a.of)} / ${name(b.of)}`);
    }
  return { wrong: [...new Set(wrong)].slice(0, 10), lines: lines.length };
}
