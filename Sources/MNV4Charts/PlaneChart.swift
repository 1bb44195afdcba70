import MNV4Core

/// Points in a plane, with names or joined to lines, on two axes of round numbers.
package struct PlaneChart: Sendable {
  package struct Point: Hashable, Sendable {
    package var x: Double
    package var y: Double
    /// Written beside it; empty for none.
    package var name: String

    package init(x: Double, y: Double, name: String = "") {
      self.x = x
      self.y = y
      self.name = name
    }
  }

  package enum Form: Hashable, Sendable {
    case points
    /// Joined in order; the last point's name is written.
    case line
  }

  package struct Series: Hashable, Sendable {
    package var name: String
    package var form: Form
    package var points: [Point]

    package init(_ name: String, _ form: Form, _ points: [Point]) {
      self.name = name
      self.form = form
      self.points = points
    }
  }

  package var title: String
  package var summary: Markup
  package var xTitle: String
  package var yTitle: String
  /// Whether the axes begin at zero.
  package var xIncludesZero = true
  /// Whether the x axis is straight close to zero and logarithmic far from it.
  package var xIsLogarithmic = false
  package var yIncludesZero = false
  package var series: [Series]

  package init(
    title: String, summary: Markup, xTitle: String, yTitle: String, series: [Series]
  ) {
    self.title = title
    self.summary = summary
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.series = series
  }

  /// Of the drawing, in its own units: it is scaled to the page.
  private static let (width, height) = (980.0, 430.0)
  private static let (left, right, top, bottom) = (64.0, 190.0, 14.0, 48.0)

  package var markup: Markup {
    let drawn = series.map { series in
      Series(series.name, series.form, series.points.filter { $0.x.isFinite && $0.y.isFinite })
    }
    let points = drawn.flatMap(\.points)
    let x =
      xIsLogarithmic
      ? AxisScale.symmetricLog(points.map(\.x))
      : AxisScale.span(points.map(\.x), includesZero: xIncludesZero)
    let y = AxisScale.span(points.map(\.y), includesZero: yIncludesZero)
    let plane = Plane(x: x, y: y)
    let legend = drawn.enumerated().filter { !$0.element.name.isEmpty }.map { index, series in
      Markup.tag(
        "li",
        [
          .tag(
            "svg", ["class": "plane-swatch", "width": "22", "height": "12", "aria-hidden": "true"],
            [
              .tag(
                "g", ["class": "plane"],
                [.tag("circle", ["class": Self.style(index), "cx": "11", "cy": "6", "r": "4"])])
            ]),
          Markup(series.name),
        ])
    }
    return .tag(
      "figure", ["class": "chart"],
      [
        .tag("figcaption", [.tag("h2", [Markup(title)]), .tag("p", [summary])]),
        .tag("ul", ["class": "legend"], legend),
        .tag(
          "svg",
          [
            "class": "plane", "role": "img",
            "viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height))",
          ],
          [.tag("title", [Markup(description(drawn))])] + axes(plane)
            + drawn.enumerated().flatMap { shapes($0.element, Self.style($0.offset), plane) }
            + names(drawn, plane)),
      ])
  }

  /// Six colours; a line that has one for the second time is dashed.
  private static func style(_ index: Int) -> String {
    "series-\(index % 6 + 1)" + (index / 6 % 2 == 1 ? " again" : "")
  }

  /// What the drawing says, for a screen reader.
  private func description(_ series: [Series]) -> String {
    let texts = series.flatMap { series in
      series.points.map { point in
        let name = point.name.isEmpty ? series.name : point.name
        return "\(name): \(xTitle) \(point.x.significantText(4)), "
          + "\(yTitle) \(point.y.significantText(4))"
      }
    }
    return "\(title). \(texts.joined(separator: "; "))"
  }

  // MARK: Drawing

  /// From numbers to places in the drawing.
  private struct Plane {
    let x: AxisScale
    let y: AxisScale

    func place(_ point: Point) -> (x: Double, y: Double) {
      (
        left + (x.fraction(point.x) ?? 0) * (width - left - right),
        height - bottom - (y.fraction(point.y) ?? 0) * (height - top - bottom)
      )
    }
  }

  private func axes(_ plane: Plane) -> [Markup] {
    let (end, floor) = (Self.width - Self.right, Self.height - Self.bottom)
    var shapes: [Markup] = []
    for tick in plane.x.ticks {
      guard let fraction = plane.x.fraction(tick.value) else { continue }
      let x = text(Self.left + fraction * (end - Self.left))
      shapes.append(line("grid", x, x, text(Self.top), text(floor)))
      shapes.append(label(tick.label ?? "", x, text(floor + 18), "middle"))
    }
    for tick in plane.y.ticks {
      guard let fraction = plane.y.fraction(tick.value) else { continue }
      let y = floor - fraction * (floor - Self.top)
      shapes.append(line("grid", text(Self.left), text(end), text(y), text(y)))
      shapes.append(label(tick.label ?? "", text(Self.left - 8), text(y + 4), "end"))
    }
    shapes.append(label(xTitle, text((Self.left + end) / 2), text(Self.height - 8), "middle"))
    shapes.append(
      .tag(
        "text",
        [
          "text-anchor": "middle",
          "transform": "translate(14 \(text((Self.top + floor) / 2))) rotate(-90)",
        ], [Markup(yTitle)]))
    return shapes
  }

  private func shapes(_ series: Series, _ style: String, _ plane: Plane) -> [Markup] {
    let places = series.points.map(plane.place)
    guard series.form != .points else {
      return places.map {
        .tag("circle", ["class": style, "cx": text($0.x), "cy": text($0.y), "r": "5"])
      }
    }
    let path = places.map { "\(text($0.x)),\(text($0.y))" }.joined(separator: " ")
    return [.tag("polyline", ["class": style, "points": path])]
  }

  /// To the right of their points, moved up where another stands.
  private func names(_ series: [Series], _ plane: Plane) -> [Markup] {
    var wanted: [(name: String, x: Double, y: Double)] = []
    for series in series {
      let points = series.form == .line ? series.points.suffix(1) : series.points[...]
      for point in points where !point.name.isEmpty {
        let place = plane.place(point)
        wanted.append((point.name, place.x + 9, place.y + 4))
      }
    }
    wanted.sort { ($0.y, $0.x) > ($1.y, $1.x) }
    var taken: [(x: Double, y: Double, width: Double)] = []
    return wanted.map { name, x, y in
      var y = y
      let width = 7.2 * Double(name.count)
      while taken.contains(where: {
        abs($0.y - y) < 14 && x < $0.x + $0.width && $0.x < x + width
      }) {
        y -= 3
      }
      taken.append((x, y, width))
      return .tag(
        "text", ["class": "name", "x": text(x), "y": text(y)], [Markup(name)])
    }
  }

  private func line(
    _ style: String, _ x1: String, _ x2: String, _ y1: String, _ y2: String
  ) -> Markup {
    .tag("line", ["class": style, "x1": x1, "x2": x2, "y1": y1, "y2": y2])
  }

  private func label(_ label: String, _ x: String, _ y: String, _ anchor: String) -> Markup {
    .tag("text", ["x": x, "y": y, "text-anchor": anchor], [Markup(label)])
  }

  private func text(_ number: Double) -> String { number.roundedText(1) }
}
