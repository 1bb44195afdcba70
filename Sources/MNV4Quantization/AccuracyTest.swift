public import MNV4
import MNV4Imaging

/// Labelled pictures, and how many of them a network gets right.
public struct AccuracyTest: Sendable {
  private let paths: [String]
  /// The class of each.
  private let expected: [Int]
  private let options: SessionOptions

  /// - Parameters:
  ///   - paths: of JPEG or PNG files.
  ///   - classes: the class of each, an index of the network's output. One that the network does not
  ///     have is refused when it is quantized.
  ///   - options: with the number of pictures that are classified at the same time.
  public init(
    pictures paths: [String], classes: [Int], options: SessionOptions = SessionOptions()
  ) throws(MNV4Error) {
    guard !paths.isEmpty, paths.count == classes.count else {
      throw MNV4Error(
        .invalidArgument,
        "labelled pictures: expected at least one and a class for each, "
          + "found \(paths.count) and \(classes.count)")
    }
    self.paths = paths
    expected = classes
    self.options = options
  }

  /// How many pictures there are.
  public var pictureCount: Int { paths.count }

  /// That a network of so many classes has all that are expected.
  func check(classCount: Int) throws(MNV4Error) {
    guard let stranger = zip(expected, paths).first(where: { !(0..<classCount).contains($0.0) })
    else { return }
    throw MNV4Error(
      .invalidArgument, file: stranger.1,
      "class: expected 0 to \(classCount - 1), found \(stranger.0)")
  }

  /// The class that the network puts each picture into.
  ///
  /// - Throws: where a picture cannot be read, naming it.
  func classes(by model: Model, advance: @escaping @Sendable () -> Void) throws(MNV4Error) -> [Int]
  {
    var classes: [Int] = []
    for outcome in try PictureBatch(paths: paths).classify(
      with: model, options: options, advance: advance)
    {
      classes.append(try outcome.get().first ?? -1)
    }
    return classes
  }

  func correctCount(_ classes: [Int]) -> Int {
    zip(classes, expected).count { $0 == $1 }
  }
}
