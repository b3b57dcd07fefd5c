// Escape, or a press elsewhere, closes an open menu.
export function closeMenus(root: Document): void {
  for (const menu of root.querySelectorAll<HTMLDetailsElement>("details.menu")) {
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) {
        menu.open = false;
        menu.querySelector("summary")?.focus();
      }
    });
    root.addEventListener("click", (event) => {
      if (event.target instanceof Node && !menu.contains(event.target)) {
        menu.open = false;
      }
    });
  }
}
