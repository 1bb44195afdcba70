extension Page {
  /// Makes the titles of sortable tables buttons. The first click on a number sorts the largest
  /// first, on a text the smallest; the next one turns the order around. What has no number stays
  /// last. Contains neither `<` nor `&`, so that the page is well-formed XML.
  static let script: StaticString = #"""
    for (const table of document.querySelectorAll("table[data-sortable]")) {
      const heads = Array.from(table.tHead.rows[0].cells);
      const collator = new Intl.Collator("en", { numeric: true });
      heads.forEach((head, column) => {
        const isNumber = head.classList.contains("number");
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const now = head.getAttribute("aria-sort");
          const order = now === null ? (isNumber ? "descending" : "ascending")
            : now === "ascending" ? "descending" : "ascending";
          heads.forEach((other) => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", order);
          const sign = order === "ascending" ? 1 : -1;
          const number = (row) => {
            const text = row.cells[column].dataset.number;
            if (text === undefined) { return NaN; }
            return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
          };
          const rows = Array.from(table.tBodies[0].rows);
          rows.sort((a, b) => {
            if (!isNumber) {
              return sign * collator.compare(
                a.cells[column].textContent, b.cells[column].textContent);
            }
            const x = number(a), y = number(b);
            if (isNaN(x) || isNaN(y)) { return isNaN(x) - isNaN(y); }
            return x === y ? 0 : sign * (x > y ? 1 : -1);
          });
          table.tBodies[0].append(...rows);
        });
      });
    }
    """#

  /// The SHA-256 of `script` in Base64, which lets a browser run it and no other.
  static let scriptHash: StaticString = "sha256-shnsQHW83F6rPtbptzk4QAiXFN1k+Tt/tITJ+artD1s="
}
