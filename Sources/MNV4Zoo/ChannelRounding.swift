/// The number of channels next to `count` that `divisor` divides, but at least `divisor` and never
/// less than 90 % of `count`: the rule by which every mobile network scales its widths.
///
/// `count` must be positive and at most 2⁵³.
func roundedChannels(_ count: Double, divisor: Int = 8) -> Int {
  let step = Double(divisor)
  let nearest = max(step, ((count + step / 2) / step).rounded(.down) * step)
  return Int(nearest < 0.9 * count ? nearest + step : nearest)
}
