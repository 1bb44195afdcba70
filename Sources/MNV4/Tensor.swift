internal import MNV4Core

/// Numbers in a grid, row major: pictures are `[N, H, W, C]`, logits `[N, classes]`.
///
/// A value: copies share memory until one of them is written to.
public struct Tensor: Sendable {
  /// The extents, outermost first; each is at least 1.
  public let shape: [Int]
  private var storage: AlignedBuffer

  /// A tensor of zeros.
  ///
  /// - Throws: `invalidArgument` for a shape without 1 to 6 extents of at least 1 each,
  ///   `outOfResources` where there is no memory for it.
  public init(shape: [Int]) throws(MNV4Error) {
    let checked: Shape
    do { checked = try Shape(shape) } catch { throw MNV4Error(.invalidArgument, "\(error)") }
    try self.init(checked)
  }

  /// A tensor that holds `elements`, row major.
  ///
  /// - Throws: as `init(shape:)`, and `invalidArgument` where the number of elements is not the
  ///   shape's.
  public init(shape: [Int], elements: [Float]) throws(MNV4Error) {
    try self.init(shape: shape)
    guard elements.count == count else {
      throw MNV4Error(
        .invalidArgument,
        "shape \(Shape.describe(shape)): expected \(count) elements, found \(elements.count)")
    }
    withUnsafeMutableElements { _ = $0.update(fromContentsOf: elements) }
  }

  init(_ shape: Shape) throws(MNV4Error) {
    self.shape = shape.dimensions
    let byteCount = shape.elementCount * MemoryLayout<Float>.stride
    do { storage = try AlignedBuffer(byteCount: byteCount) } catch {
      throw MNV4Error(.outOfResources, "\(error)")
    }
  }

  /// The number of elements.
  public var count: Int { storage.byteCount / MemoryLayout<Float>.stride }

  /// The elements, row major.
  public var elements: [Float] { withUnsafeElements { Array($0) } }

  /// The elements, row major, without a copy. The pointer is not valid outside `body`.
  public func withUnsafeElements<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    let start = UnsafePointer(storage.pointer(as: Float.self))
    return try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: start, count: count))
    }
  }

  /// The elements for writing. Copies first where another tensor shares the memory. The pointer is
  /// not valid outside `body`.
  ///
  /// Traps only where a copy is needed and the system has no memory left.
  public mutating func withUnsafeMutableElements<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    if !isUnshared {
      guard let copy = try? AlignedBuffer(copying: UnsafeBufferPointer(rebasing: floats)) else {
        preconditionFailure("no memory for a copy of \(storage.byteCount) bytes")
      }
      storage = copy
    }
    let start = storage.pointer(as: Float.self)
    return try body(UnsafeMutableBufferPointer(start: start, count: count))
  }

  /// Whether no other tensor shares the memory, so that writing copies nothing.
  var isUnshared: Bool {
    mutating get { isKnownUniquelyReferenced(&storage) }
  }

  private var floats: Slice<UnsafeBufferPointer<Float>> {
    UnsafeBufferPointer(
      start: UnsafePointer(storage.pointer(as: Float.self)), count: count)[...]
  }
}
