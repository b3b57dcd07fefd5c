// A form is sent once: the pressed button turns busy, a second press is ignored. Coming back through the browser's history,
// or an answer that does not come, makes the form usable again.
const patience = 10_000;

function release(form: HTMLFormElement): void {
  delete form.dataset["sent"];
  form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
}

export function guardSubmits(root: Document): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-guard]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset["sent"] !== undefined) {
        event.preventDefault();
        return;
      }
      form.dataset["sent"] = "";
      event.submitter?.setAttribute("aria-busy", "true");
      setTimeout(() => release(form), patience);
    });
  }
  addEventListener("pageshow", () => {
    for (const form of root.querySelectorAll<HTMLFormElement>("form[data-sent]")) {
      release(form);
    }
  });
}
