// Keeps only digits in a one-time code, so that "123 456" from a message fits its boxes.
export function tidyCodes(root: Document): void {
  for (const input of root.querySelectorAll<HTMLInputElement>("input[autocomplete='one-time-code'][data-length]")) {
    const length = Number(input.dataset["length"]);
    input.addEventListener("input", () => {
      const digits = input.value.replace(/\D/g, "").slice(0, length);
      if (digits !== input.value) {
        input.value = digits;
      }
      input.removeAttribute("aria-invalid");
    });
  }
}
