package import MNV4
internal import MNV4Core

/// The pictures of a validation set with the class that each belongs to.
package struct LabelledPictures: Sendable {
  package struct Picture: Hashable, Sendable {
    package let path: String
    package let classIndex: Int
  }

  package let pictures: [Picture]

  /// Finds the pictures of `directory`: those that the CSV file lists, or a folder a class.
  ///
  /// - Parameter labelOffset: what is added to each class of the CSV file.
  package init(
    directory: String, labels: String?, labelOffset: Int, model: Model
  ) throws(CommandFailure) {
    let classCount = model.outputShape.last ?? 0
    if let labels {
      pictures = try Self.listed(
        in: labels, below: directory, offset: labelOffset, classCount: classCount)
    } else {
      pictures = try Self.sorted(
        below: directory, names: model.labels, classCount: classCount)
    }
    guard !pictures.isEmpty else {
      throw CommandFailure("\(labels ?? directory): expected JPEG or PNG pictures, found none")
    }
  }

  // MARK: A list

  private static func listed(
    in file: String, below directory: String, offset: Int, classCount: Int
  ) throws(CommandFailure) -> [Picture] {
    var pictures: [Picture] = []
    let lines = try CommandFile.text(file)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      let place = "\(file): line \(number + 1)"
      guard let comma = line.lastIndex(of: ",") else {
        throw CommandFailure("\(place): expected file,class_index, found '\(line)'")
      }
      let name = line[..<comma].trimmingSpaces
      let text = line[line.index(after: comma)...].trimmingSpaces
      guard let index = Int(text) else {
        // The names of the columns.
        if number == 0, text.lowercased() == "class_index" { continue }
        throw CommandFailure("\(place): class_index: expected a whole number, found '\(text)'")
      }
      let (shifted, overflow) = index.addingReportingOverflow(offset)
      guard !overflow, (0..<classCount).contains(shifted) else {
        throw CommandFailure(
          "\(place): class_index: expected 0 to \(classCount - 1), found \(index)"
            + (offset == 0 ? "" : " and an offset of \(offset)"))
      }
      guard !name.isEmpty else { throw CommandFailure("\(place): file: expected a name") }
      pictures.append(
        Picture(path: name.hasPrefix("/") ? name : "\(directory)/\(name)", classIndex: shifted))
    }
    return pictures
  }

  // MARK: A folder a class

  private static func sorted(
    below directory: String, names: [String], classCount: Int
  ) throws(CommandFailure) -> [Picture] {
    let folders = try list(directory).filter(\.isFolder).map(\.name)
    guard !folders.isEmpty else {
      throw CommandFailure("\(directory): expected a folder a class, found none")
    }
    let indices = try classIndices(
      of: folders, in: directory, names: names, classCount: classCount)
    var pictures: [Picture] = []
    for (folder, index) in zip(folders, indices) {
      let path = "\(directory)/\(folder)"
      pictures += try list(path).filter { !$0.isFolder && PictureName.isPicture($0.name) }
        .map { Picture(path: "\(path)/\($0.name)", classIndex: index) }
    }
    return pictures
  }

  /// Folders are named by label, or by number. Where the model has no labels, they may have any
  /// names: then there is one a class, in alphabetical order.
  private static func classIndices(
    of folders: [String], in directory: String, names: [String], classCount: Int
  ) throws(CommandFailure) -> [Int] {
    var indexOfName: [String: Int] = [:]
    for (index, name) in names.enumerated() where indexOfName[name] == nil {
      indexOfName[name] = index
    }
    let byName = folders.compactMap { indexOfName[$0] }
    if byName.count == folders.count { return byName }
    let byNumber = folders.compactMap { Int($0) }.filter { (0..<classCount).contains($0) }
    if byNumber.count == folders.count { return byNumber }
    guard names.isEmpty else {
      let stranger = folders.first { indexOfName[$0] == nil } ?? ""
      throw CommandFailure(
        "\(directory): expected folders named by the model's labels, or all by number below "
          + "\(classCount), found '\(stranger)'")
    }
    if byNumber.isEmpty && folders.count == classCount { return Array(0..<classCount) }
    throw CommandFailure(
      "\(directory): expected folders named by number below \(classCount), or \(classCount) "
        + "folders in the order of the classes, found \(folders.count)")
  }

  private static func list(_ path: String) throws(CommandFailure) -> [FolderEntry] {
    do { return try FolderEntry.list(path) } catch { throw CommandFailure(file: path, error) }
  }
}
