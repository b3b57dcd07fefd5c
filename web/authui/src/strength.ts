// Four bars and a word below a new password. A rough guess from length and variety; the server's rules decide.
function level(password: string): number {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  const distinct = new Set(password.toLowerCase()).size;
  const score = Math.min(password.length, distinct * 1.6) + kinds * 1.5;
  return score < 10 ? 1 : score < 14 ? 2 : score < 19 ? 3 : 4;
}

export function showStrength(root: Document): void {
  for (const input of root.querySelectorAll<HTMLInputElement>("input[data-strength]")) {
    const status = root.getElementById(input.dataset["strength"] ?? "");
    if (status === null) {
      continue;
    }
    const bars = root.createElement("div");
    bars.className = "strength";
    bars.append(...[1, 2, 3, 4].map(() => root.createElement("i")));
    const word = root.createElement("p");
    word.className = "hint";
    input.addEventListener("input", () => {
      if (input.value === "") {
        status.replaceChildren();
        return;
      }
      const reached = level(input.value);
      bars.dataset["level"] = String(reached);
      // The text is ours, from the page itself: one bold word and a sentence.
      const [strong = "", rest = ""] = (status.dataset[String(reached)] ?? "").split("</b>");
      const bold = root.createElement("b");
      bold.textContent = strong.replace("<b>", "");
      word.replaceChildren(bold, rest);
      status.replaceChildren(bars, word);
    });
  }
}
