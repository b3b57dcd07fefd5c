// Reveals the "Show" button beside each password; the button turns the dots into letters and back.
export function offerToShowPasswords(root: Document): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[aria-pressed][aria-controls]")) {
    const input = root.getElementById(button.getAttribute("aria-controls") ?? "");
    const word = button.firstElementChild;
    if (!(input instanceof HTMLInputElement) || word === null) {
      continue;
    }
    const show = word.textContent ?? "";
    const hide = button.dataset["hide"] ?? show;
    button.hidden = false;
    button.addEventListener("click", () => {
      const visible = input.type === "password";
      input.type = visible ? "text" : "password";
      button.setAttribute("aria-pressed", String(visible));
      word.textContent = visible ? hide : show;
    });
    // Sent as a password again, so that browsers offer to save it and do not remember it as text.
    input.form?.addEventListener("submit", () => {
      input.type = "password";
    });
  }
}
