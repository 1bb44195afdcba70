import MNV4
import MNV4Core
import MNV4Kernels

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What a study's times are from.
package struct Machine: Hashable, Sendable {
  /// What the first processor calls itself; nil where the system does not say.
  package var processor: String?
  /// How many processors the process may keep busy.
  package var processorCount: Int
  /// The instructions that the fastest kernels multiply with, in float32 and in 8-bit integers; nil on
  /// processors without kernels of their own.
  package var floatInstruction: String?
  package var integerInstruction: String?
  /// System, its release, and the processor's architecture: `Linux 6.1 x86_64`.
  package var system: String
  /// The backends of this build, in the order of preference.
  package var backends: [String]

  /// The machine that the process runs on.
  package static var current: Machine {
    Machine(
      processor: Processors.modelName, processorCount: Processors.available(),
      floatInstruction: PeakRate(integers: false)?.instruction,
      integerInstruction: PeakRate(integers: true)?.instruction,
      system: systemName, backends: Model.backendNames)
  }

  private static var systemName: String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return [text(name.sysname), text(name.release), text(name.machine)].joined(separator: " ")
  }

  /// For a person, in a line.
  package var summary: String {
    let instructions = [floatInstruction, integerInstruction].compactMap(\.self)
    let processors = processorCount == 1 ? "1 processor" : "\(processorCount) processors"
    return ([processor ?? "unknown processor", processors] + instructions + [system])
      .joined(separator: ", ")
  }
}
