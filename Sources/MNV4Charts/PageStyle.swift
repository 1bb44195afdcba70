extension Page {
  /// Colours are variables; text on its ground has a contrast of at least 4.5:1 in both schemes.
  static let style: StaticString = """
    :root {
      --ground: #f5f6f8; --card: #ffffff; --ink: #18202b; --soft: #566172; --line: #dde1e7;
      --grid: #e6e9ee; --first: #4179b8; --second: #8290a2; --room: #d3dcea; --link: #1d5fa8;
      --caution: #8a5a00; --caution-ground: #fdf3dc; --severe: #b3261e; --severe-ground: #fdeceb;
      --good: #1b6e3c;
      color-scheme: light dark;
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #0f1318; --card: #181d24; --ink: #e7ebf0; --soft: #a3aebc; --line: #2c343f;
        --grid: #262d37; --first: #6aa8ee; --second: #76859a; --room: #33435a; --link: #86b9f5;
        --caution: #e3b04b; --caution-ground: #2b2412; --severe: #ff8f86;
        --severe-ground: #331b1b; --good: #6fcf97;
      }
    }
    * { box-sizing: border-box; }
    html { background: var(--ground); color: var(--ink); -webkit-text-size-adjust: 100%; }
    body { margin: 0; }
    main { max-width: 1500px; margin: 0 auto; padding: 28px 24px 64px; }
    h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
    h1 { font-size: 26px; line-height: 1.25; font-weight: 650; overflow-wrap: anywhere; }
    h2 { font-size: 17px; line-height: 1.35; font-weight: 650; }
    h3 { font-size: 14px; font-weight: 650; }
    a { color: var(--link); }
    code, .rows .label b, tbody th.name {
      font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
      font-weight: 400;
    }
    code { font-size: 0.9em; overflow-wrap: anywhere; }
    .eyebrow { color: var(--soft); font-size: 13px; }
    .lead { color: var(--soft); margin-top: 4px; max-width: 90ch; }
    .card {
      background: var(--card); border: 1px solid var(--line); border-radius: 10px;
      padding: 18px 20px; margin-top: 16px;
    }
    .card .card { margin: 0; }
    .columns { display: grid; gap: 16px; margin-top: 16px; align-items: start;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
    .columns .card { margin-top: 0; min-width: 0; }
    .card p + p, .card h2 + *, .card h3 + * { margin-top: 6px; }
    .prose { max-width: 84ch; }
    .prose dt { font-weight: 600; margin-top: 10px; }
    .prose dd { color: var(--soft); }
    .prose ul, .prose ol, .points { padding-left: 1.25em; }
    .prose li + li, .points li + li { margin-top: 5px; }
    .notice { border-left: 4px solid var(--caution); background: var(--caution-ground); }
    .notice.severe { border-left-color: var(--severe); background: var(--severe-ground); }
    .notice h2 { color: var(--caution); }
    .notice.severe h2 { color: var(--severe); }
    .points { overflow-wrap: anywhere; }
    .card .points + p { margin-top: 10px; }

    .tiles { display: grid; gap: 12px; margin-top: 18px;
      grid-template-columns: repeat(6, minmax(0, 1fr)); }
    .tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
      padding: 12px 14px 13px; min-width: 0; }
    .tile .name { color: var(--soft); font-size: 13px; }
    .tile .value { font-size: 19px; line-height: 1.4; font-weight: 650;
      font-variant-numeric: tabular-nums; }
    .tile .value.none { color: var(--soft); font-weight: 400; font-size: 17px; line-height: 27px; }
    .tile .value.severe { color: var(--severe); }
    .tile .value.caution { color: var(--caution); }
    .tile .detail { color: var(--soft); font-size: 13px; margin-top: 6px; }
    .pair { display: grid; grid-template-columns: auto 1fr auto; gap: 1px 8px; margin-top: 6px;
      align-items: center; font-size: 13px; font-variant-numeric: tabular-nums; }
    .pair svg { width: 100%; height: 8px; display: block; }
    .pair .number { text-align: right; }

    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px;
      color: var(--soft); margin-top: 10px; }
    .legend li { display: inline-flex; align-items: center; gap: 7px; }
    figcaption p { color: var(--soft); max-width: 100ch; margin-top: 4px; font-size: 14px; }
    .rows { font-size: 12.5px; margin-top: 8px; }
    .row { display: grid; column-gap: 14px; align-items: center;
      grid-template-columns: minmax(150px, min(26%, 330px)) minmax(0, 1fr) var(--values, 64px); }
    .values-2 { --values: 128px; }
    .values-3 { --values: 192px; }
    .row:not(.axis):hover { background: color-mix(in srgb, var(--first) 9%, transparent); }
    .row .label { display: flex; justify-content: space-between; align-items: center; gap: 8px;
      min-width: 0; line-height: 1.25; }
    .row .label b { overflow-wrap: anywhere; min-width: 0; }
    .row .values { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; text-align: right;
      font-variant-numeric: tabular-nums; white-space: nowrap; }
    .row .plot { display: block; width: 100%; overflow: visible; align-self: stretch;
      min-height: 20px; height: 100%; }
    .row.axis { position: sticky; top: 0; z-index: 1; background: var(--card); color: var(--soft);
      padding-top: 4px; align-items: end; }
    .row.axis .plot { min-height: 0; height: auto; }
    .row.axis .values { font-size: 12px; padding-bottom: 2px; }
    .note { font-size: 11.5px; font-weight: 600; padding: 0 6px; border-radius: 4px;
      white-space: nowrap; border: 1px solid currentColor; }
    .caution.note, td .caution { color: var(--caution); }
    .severe.note, td .severe { color: var(--severe); }
    .muted.note, td .muted { color: var(--soft); }
    .plain.note { color: var(--soft); }
    svg text { font-size: 11.5px; fill: var(--soft); font-variant-numeric: tabular-nums; }
    svg text.zone-name.severe { fill: var(--severe); }
    svg text.zone-name.caution { fill: var(--caution); }
    .grid { stroke: var(--grid); stroke-width: 1; }
    .grid.zero { stroke: var(--soft); }
    .zone.severe { fill: var(--severe); fill-opacity: 0.13; }
    .zone.caution { fill: var(--caution); fill-opacity: 0.13; }
    .bar.first { fill: var(--first); }
    .bar.second { fill: var(--second); }
    .row.caution .bar.first { fill: var(--caution); }
    .row.severe .bar.first { fill: var(--severe); }
    .dot { fill: var(--card); stroke: var(--ink); stroke-width: 2; }
    .dot.first { stroke: var(--first); }
    .interval { stroke: var(--ink); stroke-width: 1.5; }
    .dot.full { fill: var(--first); stroke: var(--first); }
    .ring { fill: none; stroke: var(--second); stroke-width: 2; }
    .plane { margin-top: 10px; display: block; width: 100%; max-width: 980px; height: auto; }
    .plane text { font-size: 13px; }
    .plane .name { fill: var(--ink); }
    .plane .series-1 { stroke: var(--first); fill: var(--first); }
    .plane .series-2 { stroke: var(--second); fill: var(--second); }
    .plane .series-3 { stroke: var(--caution); fill: var(--caution); }
    .plane .series-4 { stroke: var(--good); fill: var(--good); }
    .plane .series-5 { stroke: var(--severe); fill: var(--severe); }
    .plane .series-6 { stroke: var(--ink); fill: var(--ink); }
    .plane polyline[class] { fill: none; stroke-width: 2; }
    .plane polyline.again { stroke-dasharray: 7 4; }
    .available { fill: var(--room); stroke: var(--second); stroke-width: 1; }
    .observed { fill: var(--first); stroke: var(--first); stroke-width: 1; }
    .beyond { fill: var(--severe); stroke: var(--severe); stroke-width: 2; }

    .scroll { overflow-x: auto; margin-top: 10px; }
    table { border-collapse: collapse; font-size: 12.5px; line-height: 1.35; width: 100%; }
    th, td { padding: 4px 8px; border-bottom: 1px solid var(--grid); text-align: left;
      white-space: nowrap; }
    thead th { color: var(--soft); font-weight: 600; vertical-align: bottom;
      border-bottom: 1px solid var(--line); white-space: normal; }
    th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
    th.name:first-child, th:first-child + th.name { position: sticky; left: 0;
      background: var(--card); }
    tr.caution th.name { background: var(--caution-ground); }
    tr.severe th.name { background: var(--severe-ground); }
    .fit { display: inline-block; width: max-content; max-width: 40ch; white-space: normal;
      overflow-wrap: break-word; vertical-align: top; }
    tbody tr:hover { background: color-mix(in srgb, var(--first) 9%, transparent); }
    tbody tr.caution { background: var(--caution-ground); }
    tbody tr.severe { background: var(--severe-ground); }
    tbody tr:target { outline: 2px solid var(--link); outline-offset: -2px; }
    thead button { all: unset; cursor: pointer; display: inline-block; }
    thead button:hover { color: var(--ink); }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
    th[aria-sort] button { color: var(--ink); }
    th[aria-sort="ascending"] button::after { content: " \\2191"; }
    th[aria-sort="descending"] button::after { content: " \\2193"; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
      clip-path: inset(50%); white-space: nowrap; }
    footer { color: var(--soft); font-size: 13px; margin-top: 20px; }

    @media (max-width: 1100px) { .tiles { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
    @media (max-width: 700px) {
      .tiles { gap: 8px; grid-template-columns: repeat(2, minmax(0, 1fr)); }
      main { padding: 18px 12px 40px; }
      .card { padding: 14px 13px; }
      h1 { font-size: 22px; }
      .row { grid-template-columns: minmax(0, 1fr) auto; row-gap: 1px; padding-top: 4px; }
      .row .label { justify-content: flex-start; flex-wrap: wrap; gap: 2px 8px; }
      .row .values { grid-auto-columns: 52px; }
      .values-3 .row .values { grid-auto-columns: 47px; }
      .row.axis .values { font-size: 11.5px; }
      .fit { max-width: 24ch; }
      th.name:first-child, th:first-child + th.name { position: static; }
      .row .plot { grid-column: 1 / -1; grid-row: 2; }
      .row.axis { padding-bottom: 2px; }
    }
    @media print {
      @page { size: A4 landscape; margin: 11mm; }
      :root { --ground: #fff; font-size: 11px; }
      main { padding: 0; max-width: none; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      .card, .tile { border-radius: 0; }
      .row, tr, .tile, .notice { break-inside: avoid; }
      .row.axis { position: static; }
      .row { font-size: 9px; }
      .row:not(.axis) .plot { min-height: 15px; height: 15px; }
      .note { font-size: inherit; }
      h2 { break-after: avoid; }
      table { font-size: 7.5px; }
      .fit { max-width: 30ch; }
      th, td { padding: 1px 4px; }
      .scroll { overflow: visible; }
      th.name:first-child, th:first-child + th.name { position: static; }
      thead { display: table-header-group; }
    }
    """
}
