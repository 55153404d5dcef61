(() => {
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paint = (choice) => { root.dataset.theme = choice; theme.textContent = choice === "dark" ? "Light" : "Dark"; };
  let chosen = null;
  try { chosen = localStorage.getItem("gauntlet-theme"); } catch (_) { /* a page from a file may have no storage */ }
  paint(chosen || (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", (event) => { if (!chosen) paint(event.matches ? "dark" : "light"); });
  theme.hidden = false;
  theme.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    paint(chosen);
    try { localStorage.setItem("gauntlet-theme", chosen); } catch (_) { /* as above */ }
  });

  const table = document.getElementById("cases");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const words = document.getElementById("filter");
  const count = document.getElementById("count");
  const chips = [...document.querySelectorAll("[data-only]")];
  let only = "all";
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.dataset.text;
      const fits = (only === "all" || row.dataset.has.split(" ").includes(only)) && wanted.every((word) => text.includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${rows.length} cases`;
  };
  words.addEventListener("input", show);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      only = chip.dataset.only;
      chips.forEach((other) => other.setAttribute("aria-pressed", String(other === chip)));
      show();
    });
  }
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.key ?? "";
      const compare = (one, other) => {
        const [a, b] = [key(one), key(other)];
        // What has no value stands at the end, in either order.
        if (a === "" || b === "") return (a === "") - (b === "");
        const [x, y] = [Number(a), Number(b)];
        const order = Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
        return down ? -order : order;
      };
      rows.sort(compare).forEach((row) => body.append(row));
    });
  });
  document.querySelector(".bar").hidden = false;
  show();
})();
