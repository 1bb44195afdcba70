package import MNV4Core
package import MNV4Graph

/// Why a file is refused, or a model cannot be written. The path is the caller's to add.
package enum FormatError: Error, Hashable, Sendable {
  /// A stretch of the file.
  package enum Part: Hashable, Sendable {
    case header
    case sectionTable
    case section(SectionKind)
  }

  /// A rule of a type that the fields of a file are made into.
  package enum Rule: Hashable, Sendable {
    case shape(ShapeError)
    case quantization(QuantizationError)
    case preprocessing(PreprocessingError)
  }

  /// The first bytes are not those of the format.
  case signature(found: [UInt8])
  /// The file is of a version that this reader does not know.
  case version(UInt32)
  /// The file has fewer or more bytes than its header states, or too few for a header.
  case length(expected: UInt64, found: Int)
  /// Bytes are not those that were written.
  case checksum(Part, stored: UInt32, computed: UInt32)
  /// A code that this reader does not know; `known` lists those it does.
  case unknownCode(Part, field: String, offset: Int, code: UInt32, known: String)
  /// `field`, at byte `offset` of the file, does not hold what it must.
  /// There is no offset where the fault is in a model to be written.
  case field(Part, String, offset: Int?, expected: String, found: String)
  /// The graph breaks a rule of every graph.
  case graph(GraphError)
  /// `field` breaks a rule of the type it stands for, as `reason` says.
  case rule(Part, field: String, offset: Int, reason: Rule)
  case allocation(AllocationError)
}

extension FormatError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .signature(let found): return Self.describeSignature(found)
    case .version(let version):
      let newer = version > Header.version ? "; a newer release may read it" : ""
      return "header: format version: expected \(Header.version), found \(version)\(newer)"
    case .length(let expected, let found):
      return UInt64(found) < expected
        ? "the file is cut short: expected \(expected) bytes, found \(found)"
        : "bytes follow the end of the model: expected \(expected) bytes, found \(found)"
    case .checksum(let part, let stored, let computed):
      return "\(part): the bytes are damaged: expected CRC-32C \(Self.hexadecimal(stored)), "
        + "found \(Self.hexadecimal(computed))"
    case .unknownCode(let part, let field, let offset, let code, let known):
      return "\(part): \(field) \(code) at byte \(offset) is unknown: this reader knows \(known)"
    case .field(let part, let field, let offset, let expected, let found):
      let place = offset.map { " at byte \($0)" } ?? ""
      return "\(part): \(field)\(place): expected \(expected), found \(found)"
    case .rule(let part, let field, let offset, let reason):
      return "\(part): \(field) at byte \(offset): \(reason)"
    case .graph(let error): return error.description
    case .allocation(let error): return error.description
    }
  }

  private static func describeSignature(_ found: [UInt8]) -> String {
    let signature = Header.signature
    // Returns dropped; added to every line end, or to those without; the eighth bit dropped.
    let damaged = [
      signature.filter { $0 != 0x0D },
      signature.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] },
      signature.dropLast() + [0x0D, 0x0A],
      signature.map { $0 & 0x7F },
    ]
    if damaged.contains(where: { $0.starts(with: found.prefix($0.count)) }) && found.count > 5 {
      return "header: signature: the file was damaged by a transfer as text"
    }
    let bytes = found.map { hexadecimal($0) }.joined(separator: " ")
    return "header: signature: expected that of an .mnv4 file, found \(bytes)"
  }

  private static func hexadecimal(_ value: some FixedWidthInteger & UnsignedInteger) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: value.bitWidth / 4 - digits.count) + digits
  }
}

extension FormatError.Part: CustomStringConvertible {
  package var description: String {
    switch self {
    case .header: "header"
    case .sectionTable: "section table"
    case .section(let kind): "section \(kind)"
    }
  }
}

extension FormatError.Rule: CustomStringConvertible {
  package var description: String {
    switch self {
    case .shape(let error): error.description
    case .quantization(let error): error.description
    case .preprocessing(let error): error.description
    }
  }
}
