import Foundation
import Testing

/// `--validate`.
@Suite struct ValidationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Copies of the bundled picture, a cat, under the given names.
  private func makePictures(_ names: String...) throws {
    let bytes = try TemporaryFolder.bytes(Repository.picture)
    for name in names {
      if let slash = name.lastIndex(of: "/") { try folder.makeFolder(String(name[..<slash])) }
      try folder.write(bytes, to: name)
    }
  }

  private func run(_ arguments: String...) throws -> CommandResult {
    try Command.run([Repository.model, "--validate", folder.path] + arguments)
  }

  @Test(arguments: [("cat", "dog", "ship"), ("3", "5", "8")]) func foldersAreClasses(
    _ cat: String, _ dog: String, _ ship: String
  ) throws {
    try makePictures(
      "\(cat)/a.png", "\(cat)/b.PNG", "\(dog)/c.png", "\(ship)/d.png", "\(ship)/.hidden.png",
      "\(ship)/notes.txt")
    let result = try run("--threads", "2")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.outputLines.count == 3)
    #expect(result.outputLines.first == "top-1  2 of 4  50.00 %")
    #expect(result.outputLines.dropFirst().first?.hasPrefix("top-5  3 of 4  75.00 %") == true)
    #expect(result.outputLines.last?.hasSuffix(" images/s") == true)
  }

  @Test func jsonHasItsKeys() throws {
    try makePictures("cat/a.png", "dog/b.png")
    let result = try run("--json")
    #expect(result.status == 0)
    let object = try JSON.object(result.output)
    #expect(
      object.keys.sorted() == [
        "images_per_second", "pictures", "top1", "top1_percent", "top5", "top5_percent",
        "unreadable",
      ])
    #expect(object["pictures"] as? Int == 2)
    #expect(object["top1"] as? Int == 1)
    #expect(object["top1_percent"] as? Double == 50)
    #expect(object["unreadable"] as? Int == 0)
  }

  @Test func brokenPicturesCountAsWrong() throws {
    try makePictures("cat/a.png")
    let broken = try folder.write("nothing", to: "cat/b.png")
    let result = try run()
    #expect(result.status == 1)
    #expect(result.output.contains("top-1  1 of 2  50.00 %"))
    #expect(result.output.contains("unreadable  1, counted as wrong"))
    #expect(result.errors.contains("Error: \(broken): "))
  }

  @Test(arguments: ["\n", "\r\n"]) func listGivesClasses(_ lineEnd: String) throws {
    try makePictures("a.png", "b,c.png")
    let lines = ["file,class_index", "a.png,3", "", "b,c.png , 5", "\(folder.path)/a.png,3", ""]
    let list = try folder.write(lines.joined(separator: lineEnd), to: "labels.csv")
    let result = try run("--labels", list)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("top-1  2 of 3  66.67 %"))
  }

  /// A list that counts the classes from another number than the network does.
  @Test(arguments: [("2", "1"), ("0", "3"), ("7", "-4")]) func offsetIsAddedToTheClass(
    _ listed: String, _ offset: String
  ) throws {
    try makePictures("a.png")
    let list = try folder.write("a.png,\(listed)\n", to: "labels.csv")
    let result = try run("--labels", list, "--label-offset=\(offset)")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("top-1  1 of 1"))
  }

  @Test(arguments: [("9", "1"), ("0", "-1"), ("3", "9223372036854775807")])
  func offsetThatLeavesTheClassesIsRefused(_ listed: String, _ offset: String) throws {
    try makePictures("a.png")
    let list = try folder.write("a.png,\(listed)\n", to: "labels.csv")
    let result = try run("--labels", list, "--label-offset=\(offset)")
    #expect(result.status == 1)
    #expect(
      result.errors.contains(
        "line 1: class_index: expected 0 to 9, found \(listed) and an offset of \(offset)"),
      "\(result.errors)")
  }

  @Test(arguments: ["file,class_index", "Picture, CLASS_INDEX ", ",Class_Index"])
  func firstLineMayNameTheColumns(_ line: String) throws {
    try makePictures("a.png")
    let result = try run("--labels", try folder.write("\(line)\na.png,3\n", to: "labels.csv"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("top-1  1 of 1"))
  }

  /// Spreadsheets begin UTF-8 files with a byte order mark.
  @Test func byteOrderMarkIsNoPartOfAName() throws {
    try makePictures("a.png")
    let result = try run("--labels", try folder.write("\u{FEFF}a.png,3\n", to: "labels.csv"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("top-1  1 of 1"))
  }

  @Test(arguments: [
    ("a.png", "line 1: expected file,class_index, found 'a.png'"),
    ("a.png,3\na.png,cat", "line 2: class_index: expected a whole number, found 'cat'"),
    ("a.png,3\na.png,3.0", "line 2: class_index: expected a whole number, found '3.0'"),
    ("a.png,10", "line 1: class_index: expected 0 to 9, found 10"),
    ("a.png,-1", "line 1: class_index: expected 0 to 9, found -1"),
    ("a.png,99999999999999999999\na.png,3", "line 1: class_index: expected a whole number"),
    ("a.png,3x\na.png,3", "line 1: class_index: expected a whole number, found '3x'"),
    ("a.png,3\nfile,class_index", "line 2: class_index: expected a whole number"),
    ("a.png,3\n\n\n,3", "line 4: file: expected a name"),
    ("", "expected JPEG or PNG pictures, found none"),
    ("file,class_index\n", "expected JPEG or PNG pictures, found none"),
  ])
  func badListsAreRefused(_ text: String, _ message: String) throws {
    try makePictures("a.png")
    let list = try folder.write(text, to: "labels.csv")
    let result = try run("--labels", list)
    #expect(result.status == 1)
    #expect(result.output == "")
    #expect(result.errors.contains("\(list): \(message)"), "\(result.errors)")
  }

  @Test func listThatIsNoTextIsRefused() throws {
    let list = try folder.write([0xFF, 0xFE, 0x2C, 0x00], to: "labels.csv")
    let result = try run("--labels", list)
    #expect(result.status == 1)
    #expect(result.errors.contains("\(list): expected UTF-8 text"))
  }

  /// As many as the classes, so that their order could be mistaken for that of the classes.
  @Test func foldersThatAreNoLabelsAreRefused() throws {
    for index in 0..<10 { try makePictures("n0\(index)/a.png") }
    let result = try run()
    #expect(result.status == 1)
    #expect(result.output == "")
    #expect(
      result.errors.contains("expected folders named by the model's labels"), "\(result.errors)")
    #expect(result.errors.contains("found 'n00'"))
  }

  @Test func foldersOfAModelWithoutLabelsComeInAlphabeticalOrder() throws {
    let models = try TemporaryFolder()
    let checkpoint = try models.write(
      try Checkpoint.mobileNetV4(classCount: 3), to: "w.safetensors")
    let converted = try Command.convert(
      checkpoint, "--arch", "mobilenetv4_conv_small", "--input-size", "32", "-o",
      models("m.mnv4"))
    #expect(converted.status == 0, "\(converted.errors)")
    try makePictures("n01/a.png", "n02/a.png", "n03/a.png")
    let result = try Command.run(models("m.mnv4"), "--validate", folder.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("top-1  1 of 3"))
    try folder.makeFolder("n04")
    let refused = try Command.run(models("m.mnv4"), "--validate", folder.path)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("or 3 folders in the order of the classes, found 4"))
  }

  @Test func foldersThatAreNoClassesAreRefused() throws {
    let empty = try run()
    #expect(empty.status == 1)
    #expect(empty.errors.contains("\(folder.path): expected a folder a class, found none"))
    try folder.makeFolder("cat")
    let bare = try run()
    #expect(bare.status == 1)
    #expect(bare.errors.contains("expected JPEG or PNG pictures, found none"))
    try makePictures("cat/a.png", "unicorn/b.png")
    let stranger = try run()
    #expect(stranger.status == 1)
    #expect(stranger.errors.contains("found 'unicorn'"))
    let absent = try Command.run(Repository.model, "--validate", folder("absent"))
    #expect(absent.status == 1)
    #expect(absent.errors.contains("\(folder("absent")): cannot open"))
  }
}
