#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// eˣ of the system's mathematical library.
package func exponential(_ x: Double) -> Double { exp(x) }

/// log₁₀ x of the system's mathematical library.
package func decimalLogarithm(_ x: Double) -> Double { log10(x) }
