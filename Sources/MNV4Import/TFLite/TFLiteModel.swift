internal import MNV4Core
internal import MNV4Graph

/// A TensorFlow Lite file of one subgraph as plain data, every field of it checked against the file
/// and the schema. What the fields mean to each other is not checked here.
struct TFLiteModel {
  /// Lies in the file's bytes, which are not copied.
  let file: AlignedBuffer
  let tensors: [TFLiteTensor]
  let operators: [TFLiteOperator]
  /// Places in `tensors`.
  let inputs: [Int]
  let outputs: [Int]

  init(_ bytes: AlignedBuffer) throws(FlatBufferError) {
    typealias Model = TFLiteSchema.Model
    typealias Subgraph = TFLiteSchema.Subgraph
    let root = try FlatBuffer(bytes, identifier: TFLiteSchema.identifier).root()
    let version: UInt32 = try root.integer(Model.version, default: 0)
    guard version == TFLiteSchema.version else {
      throw .value(
        field: "version", expected: "\(TFLiteSchema.version)", found: "\(version)")
    }
    let codes = try TFLiteOperatorCode.read(root.tables(Model.operatorCodes))
    var data: [TFLiteBuffer] = []
    for table in try root.tables(Model.buffers) { data.append(try TFLiteBuffer(table)) }
    let subgraphs = try root.tables(Model.subgraphs)
    guard subgraphs.count == 1, let subgraph = subgraphs.first else {
      throw .value(field: "subgraphs", expected: "one", found: "\(subgraphs.count)")
    }
    var tensors: [TFLiteTensor] = []
    for table in try subgraph.tables(Subgraph.tensors) {
      tensors.append(try TFLiteTensor(table, buffers: data))
    }
    var operators: [TFLiteOperator] = []
    for table in try subgraph.tables(Subgraph.operators) {
      operators.append(
        try TFLiteOperator(
          table, index: operators.count, codes: codes, tensorCount: tensors.count))
    }
    file = bytes
    self.tensors = tensors
    self.operators = operators
    inputs = try TFLiteOperator.indices(Subgraph.inputs, of: subgraph, in: 0..<tensors.count)
    outputs = try TFLiteOperator.indices(Subgraph.outputs, of: subgraph, in: 0..<tensors.count)
  }
}

/// Bytes that a tensor may hold.
struct TFLiteBuffer {
  /// In the file; empty where the tensor is computed.
  let byteRange: Range<Int>

  init(_ table: FlatBufferTable) throws(FlatBufferError) {
    typealias Buffer = TFLiteSchema.Buffer
    byteRange = try table.byteRange(Buffer.data) ?? 0..<0
    // Files beyond 2 GiB keep their bytes after the last table.
    let size: UInt64 = try table.integer(Buffer.size, default: 0)
    guard size == 0 else {
      throw .value(
        field: table.path(of: Buffer.size), expected: "0, data within the buffer",
        found: "\(size) bytes outside of it")
    }
  }
}

/// What operators name as their kind.
struct TFLiteOperatorCode {
  /// Nil for one that is not read.
  let kind: TFLiteOperatorKind?
  /// The schema's name, or a custom operator's own.
  let name: String

  static func read(_ tables: [FlatBufferTable]) throws(FlatBufferError) -> [TFLiteOperatorCode] {
    typealias Code = TFLiteSchema.OperatorCode
    var codes: [TFLiteOperatorCode] = []
    for table in tables {
      // The narrow field of old files holds 127 where the wide one is needed.
      let narrow: Int8 = try table.integer(Code.deprecatedBuiltinCode, default: 0)
      let wide: Int32 = try table.integer(Code.builtinCode, default: 0)
      let code = max(Int32(narrow), wide)
      let custom = try table.string(Code.customCode)
      codes.append(
        TFLiteOperatorCode(
          kind: TFLiteOperatorKind(rawValue: code),
          name: code == TFLiteOperatorKind.custom
            ? "custom operator \((custom ?? "").quoted)" : TFLiteOperatorNames.name(code)))
    }
    return codes
  }
}
