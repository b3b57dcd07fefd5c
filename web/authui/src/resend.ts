// "Send a new code" stays unusable until the server would accept it; the time left stands beside it in words.
function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function hold(button: HTMLButtonElement, display: HTMLElement, seconds: number): void {
  const text = button.dataset["text"] ?? "{time}";
  const ready = performance.now() + seconds * 1000;
  const stop = (event: Event): void => event.preventDefault();
  button.setAttribute("aria-disabled", "true");
  button.addEventListener("click", stop);
  const tick = (): void => {
    const left = Math.ceil((ready - performance.now()) / 1000);
    if (left > 0) {
      display.textContent = text.replace("{time}", clock(left));
      return;
    }
    clearInterval(timer);
    display.textContent = "";
    button.removeAttribute("aria-disabled");
    button.removeEventListener("click", stop);
  };
  const timer = setInterval(tick, 1000);
  tick();
}

export function countDown(root: Document): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-wait]")) {
    const display = root.getElementById(button.dataset["clock"] ?? "");
    const seconds = Number(button.dataset["wait"]);
    if (display !== null && seconds > 0) {
      display.setAttribute("role", "timer");
      hold(button, display, seconds);
    }
  }
}
