package import MNV4
package import MNV4Core

/// A float32 array of NumPy's `.npy` format (versions 1 to 3), row major, little-endian.
package struct NumpyArray: Sendable {
  package let tensor: Tensor

  package init(_ tensor: Tensor) { self.tensor = tensor }

  /// Throws as `Tensor.init(shape:elements:)`.
  package init(shape: [Int], elements: [Float]) throws(MNV4Error) {
    tensor = try Tensor(shape: shape, elements: elements)
  }

  package var shape: [Int] { tensor.shape }
  package var elements: [Float] { tensor.elements }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let maximumHeaderByteCount = 65_536

  /// Whether a file that starts with these bytes may be an array.
  package static func hasMagic(_ head: UnsafeRawBufferPointer) -> Bool {
    head.count >= 10 && head.prefix(6).elementsEqual(magic)
  }

  /// Reads the bytes of a file; the elements are copied once.
  package init(_ bytes: UnsafeRawBufferPointer) throws(NumpyError) {
    guard Self.hasMagic(bytes) else { throw .magic }
    let version = bytes[6]
    guard (1...3).contains(version) else { throw .version(Int(version)) }
    let lengthByteCount = version == 1 ? 2 : 4
    let headerStart = 8 + lengthByteCount
    guard bytes.count >= headerStart else { throw .truncated }
    var headerByteCount = 0
    for index in (8..<headerStart).reversed() {
      headerByteCount = headerByteCount << 8 | Int(bytes[index])
    }
    guard headerByteCount <= Self.maximumHeaderByteCount else {
      throw .header("expected at most \(Self.maximumHeaderByteCount) bytes")
    }
    guard headerByteCount <= bytes.count - headerStart else { throw .truncated }
    let header = String(
      decoding: bytes[headerStart..<headerStart + headerByteCount], as: UTF8.self)
    let shape = try Self.shape(of: header)
    let data = bytes[(headerStart + headerByteCount)...]
    let checked: Shape
    do { checked = try Shape(shape) } catch { throw .shape(error) }
    guard data.count == checked.elementCount * 4 else {
      throw .byteCount(data.count, expected: checked.elementCount * 4)
    }
    var tensor: Tensor
    // The shape has passed: what is left to fail is the memory.
    do { tensor = try Tensor(shape: shape) } catch {
      throw .allocation(AllocationError(byteCount: data.count))
    }
    tensor.withUnsafeMutableElements { target in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: UnsafeRawBufferPointer(rebasing: data))
    }
    self.tensor = tensor
  }

  /// Finds the three fields of a header such as
  /// `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 224, 224, 3), }`.
  private static func shape(of header: String) throws(NumpyError) -> [Int] {
    let compact = header.filter { !$0.isWhitespace }
    guard compact.hasPrefix("{"), compact.hasSuffix("}") else {
      throw .header("expected a dictionary")
    }
    guard compact.contains("'descr':'<f4'") else {
      throw .header("'descr': expected '<f4', little-endian float32")
    }
    guard compact.contains("'fortran_order':False") else {
      throw .header("'fortran_order': expected False")
    }
    guard let start = compact.firstRange(of: "'shape':(")?.upperBound,
      let end = compact[start...].firstIndex(of: ")")
    else { throw .header("'shape': expected a tuple") }
    var shape: [Int] = []
    for field in compact[start..<end].split(separator: ",") {
      guard let dimension = Int(field) else { throw .header("'shape': found '\(field)'") }
      shape.append(dimension)
    }
    return shape
  }

  /// The bytes of a version 1 file; the elements are copied once.
  package func fileContents() throws(AllocationError) -> AlignedBuffer {
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header.append(" ") }
    header.append("\n")
    let count = header.utf8.count
    let start = Self.magic + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8)] + Array(header.utf8)
    let buffer = try AlignedBuffer(
      byteCount: start.count + tensor.count * MemoryLayout<Float>.stride, zeroed: false)
    let bytes = buffer.unsafeMutableBytes
    bytes.copyBytes(from: start)
    tensor.withUnsafeElements { elements in
      UnsafeMutableRawBufferPointer(rebasing: bytes[start.count...])
        .copyMemory(from: UnsafeRawBufferPointer(elements))
    }
    return buffer
  }
}

/// Why a file is no array that is read here.
package enum NumpyError: Error, Hashable, CustomStringConvertible {
  case magic
  case version(Int)
  case truncated
  case header(String)
  case shape(ShapeError)
  case byteCount(Int, expected: Int)
  case allocation(AllocationError)

  package var description: String {
    switch self {
    case .magic: "expected a .npy file, found another beginning"
    case .version(let version): "expected .npy version 1 to 3, found \(version)"
    case .truncated: ".npy header: expected more bytes, found the end of the file"
    case .header(let reason): ".npy header: \(reason)"
    case .shape(let error): ".npy header: 'shape': \(error)"
    case .byteCount(let count, let expected):
      ".npy data: expected \(expected) bytes, found \(count)"
    case .allocation(let error): error.description
    }
  }
}
