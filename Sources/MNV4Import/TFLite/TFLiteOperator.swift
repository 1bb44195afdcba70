/// One operator of a file.
struct TFLiteOperator {
  let index: Int
  /// The schema's name of its kind.
  let kindName: String
  let operation: TFLiteOperation
  /// Places of tensors; nil for an operand that is left out.
  let inputs: [Int?]
  let outputs: [Int]

  init(
    _ table: FlatBufferTable, index: Int, codes: [TFLiteOperatorCode], tensorCount: Int
  ) throws(FlatBufferError) {
    typealias Operator = TFLiteSchema.Operator
    let opcode: UInt32 = try table.integer(Operator.opcodeIndex, default: 0)
    guard opcode < codes.count else {
      throw .value(
        field: table.path(of: Operator.opcodeIndex),
        expected: "one of \(codes.count) operator codes", found: "\(opcode)")
    }
    let code = codes[Int(opcode)]
    self.index = index
    kindName = code.name
    inputs = try Self.indices(Operator.inputs, of: table, in: -1..<tensorCount)
      .map { $0 < 0 ? nil : $0 }
    outputs = try Self.indices(Operator.outputs, of: table, in: 0..<tensorCount)
    guard let kind = code.kind else {
      operation = .other
      return
    }
    let type: UInt8 = try table.integer(Operator.optionsType, default: 0)
    guard let expected = kind.optionsType, type != 0 else {
      operation = try TFLiteOperation(kind, nil, missing: table.path(of: Operator.options))
      return
    }
    guard type == expected else {
      throw .value(
        field: table.path(of: Operator.optionsType), expected: "\(expected) for \(kindName)",
        found: "\(type)")
    }
    operation = try TFLiteOperation(
      kind, table.table(Operator.options), missing: table.path(of: Operator.options))
  }

  /// Numbers of tensors, each within `range`.
  static func indices(
    _ field: some FlatBufferField, of table: FlatBufferTable, in range: Range<Int>
  ) throws(FlatBufferError) -> [Int] {
    let indices = try table.integers(field, of: Int32.self)?.map(Int.init) ?? []
    if let stranger = indices.first(where: { !range.contains($0) }) {
      throw .value(
        field: table.path(of: field),
        expected: "tensors from \(range.lowerBound) to \(range.upperBound - 1)",
        found: "\(stranger)")
    }
    return indices
  }
}
