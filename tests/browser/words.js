// Everything visible that has its own text in a colour of meaning, and what of that has no word in it or beside it.
() => {
  const meant = new Set();
  const root = getComputedStyle(document.body);
  const probe = document.createElement("i");
  document.body.append(probe);
  for (const one of ["--good", "--bad", "--warn", "--calm"]) {
    probe.style.color = root.getPropertyValue(one);
    meant.add(getComputedStyle(probe).color);
  }
  probe.remove();
  const coloured = [];
  for (const one of document.body.querySelectorAll("*")) {
    const own = [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    if (own && one.checkVisibility() && meant.has(getComputedStyle(one).color)) coloured.push(one);
  }
  // The largest box in that colour is what a reader takes in at once: a mark and the word beside it.
  const whole = (node) => {
    while (node.parentElement && getComputedStyle(node.parentElement).color === getComputedStyle(node).color) node = node.parentElement;
    return node.innerText.trim();
  };
  const texts = coloured.map(whole);
  return { coloured: texts, mute: [...new Set(texts.filter((one) => !/\p{L}{2}/u.test(one)))] };
}
