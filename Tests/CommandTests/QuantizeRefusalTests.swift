import Foundation
import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

/// What `mnv4-quantize` refuses: status 1, the file and the reason, and nothing left behind.
@Suite struct QuantizeRefusalTests {
  private let work: QuantizeFolder
  private var folder: TemporaryFolder { work.folder }

  init() throws { work = try QuantizeFolder() }

  private func expectRefusal(
    _ result: CommandResult, _ messages: String..., location: SourceLocation = #_sourceLocation
  ) throws {
    #expect(result.status == 1 && !result.wasSignalled, sourceLocation: location)
    #expect(result.output == "", sourceLocation: location)
    for message in ["Error: "] + messages {
      #expect(result.errors.contains(message), "\(result.errors)", sourceLocation: location)
    }
    #expect(
      try folder.contents.allSatisfy { $0 != "q.mnv4" && !$0.hasSuffix(".tmp") },
      sourceLocation: location)
  }

  private func calibrate(
    on path: String, model: String = Repository.model, _ more: String...
  ) throws -> CommandResult {
    try Command.quantize([model, "--calibration", path, "-o", work.output] + more)
  }

  // MARK: Calibration pictures

  @Test func missingFolder() throws {
    try expectRefusal(
      try calibrate(on: folder("absent")), "\(folder("absent")): cannot open: No such file")
  }

  @Test func fileForAFolder() throws {
    let picture = folder("pictures/0.png")
    try expectRefusal(try calibrate(on: picture), "\(picture): cannot open: Not a directory")
  }

  @Test func folderWithoutPictures() throws {
    try folder.makeFolder("empty/within")
    try folder.write("no picture", to: "empty/notes.txt")
    try folder.write(PNGFile.gradient(seed: 1), to: "empty/.hidden.png")
    try expectRefusal(
      try calibrate(on: folder("empty")),
      "\(folder("empty")): expected JPEG or PNG pictures, found none")
  }

  @Test(arguments: ["z.jpg", "z.png", "z.jpeg", "within/z.png"]) func damagedPictureAmongGoodOnes(
    _ name: String
  ) throws {
    try folder.makeFolder("pictures/within")
    let good = PNGFile.gradient(seed: 9)
    for bytes in [[], Array("garbage".utf8), Array(good.prefix(good.count / 2))] {
      let path = try folder.write(bytes, to: "pictures/\(name)")
      try expectRefusal(try work.quantize(), "Error: \(path): ")
    }
  }

  @Test func pictureThatIsAPipeOrALinkToNothing() throws {
    let path = folder("pictures/z.png")
    #expect(mkfifo(path, 0o600) == 0)
    try expectRefusal(try work.quantize(), "\(path): expected a regular file")
    unlink(path)
    #expect(symlink(folder("absent"), path) == 0)
    try expectRefusal(try work.quantize(), "\(path): cannot open: No such file")
  }

  /// Links back up, many to a folder: each folder is looked into once.
  @Test func linksThatLeadBackAreFollowedOnce() throws {
    try folder.makeFolder("pictures/within")
    for index in 0..<12 {
      #expect(symlink("..", folder("pictures/within/up\(index)")) == 0)
      #expect(symlink(".", folder("pictures/self\(index)")) == 0)
    }
    let result = try work.quantize()
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("calibrated on     3 pictures"))
    #expect(!result.output.contains("repeated"))
  }

  // MARK: Models

  @Test func modelsThatAreNone() throws {
    try expectRefusal(
      try calibrate(on: folder("pictures"), model: folder("absent.mnv4")),
      "\(folder("absent.mnv4")): cannot open")
    let text = try folder.write("no model", to: "text.mnv4")
    try expectRefusal(try calibrate(on: folder("pictures"), model: text), "\(text): ")
    let model = try TemporaryFolder.bytes(Repository.model)
    let half = try folder.write(model.prefix(model.count / 2), to: "half.mnv4")
    try expectRefusal(try calibrate(on: folder("pictures"), model: half), "\(half): ")
  }

  @Test func integersAreRefused() throws {
    #expect(try work.quantize().status == 0)
    let integers = folder("i.mnv4")
    try FileManager.default.moveItem(atPath: work.output, toPath: integers)
    try expectRefusal(
      try calibrate(on: folder("pictures"), model: integers),
      "\(integers): expected a float32 network, found integers in value 0")
  }

  /// A model of the file's own, without what pictures need.
  private func bareModel(hasPreprocessing: Bool) throws -> String {
    var file = ModelFile(
      graph: Graph(
        name: "bare", values: [Value(shape: try Shape([1, 8, 8, 3]))], inputs: [ValueID(0)],
        outputs: [ValueID(1)]))
    file.graph.values.append(file.graph.values[0])
    file.graph.nodes.append(
      Node(
        name: "act", operation: .activation(.relu), inputs: [ValueID(0)], output: ValueID(1)))
    if hasPreprocessing {
      file.preprocessing = try ImagePreprocessing(
        resizeMode: .stretch, interpolation: .bilinear, cropFraction: 1, channelOrder: .rgb,
        mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    }
    let bytes = try Encoder.encode(file)
    return try folder.write(bytes.withUnsafeBytes { Array($0) }, to: "bare.mnv4")
  }

  @Test func modelWithoutPreprocessing() throws {
    let model = try bareModel(hasPreprocessing: false)
    try expectRefusal(
      try calibrate(on: folder("pictures"), model: model),
      "\(model): the model does not say how pictures are prepared for it")
  }

  @Test func modelWithoutClassesHasNoAccuracy() throws {
    let model = try bareModel(hasPreprocessing: true)
    #expect(try calibrate(on: folder("pictures"), model: model).status == 0)
    unlink(work.output)
    let list = try folder.write("pictures/0.png,0\n", to: "labels.csv")
    try expectRefusal(
      try calibrate(
        on: folder("pictures"), model: model, "--validate", folder.path, "--labels", list),
      "\(model): ", "output: expected one row of classes, found 1×8×8×3")
  }

  @Test func unknownLayer() throws {
    try expectRefusal(
      try work.quantize("--keep-float", "conv_stemm"),
      "expected the name of a layer, found 'conv_stemm'; the layers are conv_stem, ", " more")
  }

  @Test func modelByAnotherPathIsNoOutput() throws {
    let copy = try folder.write(try TemporaryFolder.bytes(Repository.model), to: "m.mnv4")
    #expect(symlink("m.mnv4", folder("link.mnv4")) == 0)
    for path in ["\(folder.path)/./m.mnv4", folder("link.mnv4")] {
      let result = try Command.quantize(
        copy, "--calibration", folder("pictures"), "-o", path)
      #expect(result.status == 64)
      #expect(result.errors.contains("expected other files than the model."))
    }
    #expect(
      try TemporaryFolder.bytes(copy) == TemporaryFolder.bytes(Repository.model))
  }

  @Test func outputsByTwoPathsAreDifferentFiles() throws {
    #expect(symlink(".", folder("here")) == 0)
    let result = try work.quantize(
      "--json", folder("r"), "--report", "\(folder("here"))/r")
    #expect(result.status == 64)
    #expect(result.errors.contains("expected different files."))
    #expect(try !folder.contents.contains("q.mnv4"))
  }

  // MARK: Labelled pictures

  @Test func labelledPicturesThatCannotBeRead() throws {
    try expectRefusal(
      try work.quantize("--validate", folder("absent")), "\(folder("absent")): cannot open")
    try folder.makeFolder("labelled/cat")
    let broken = try folder.write("garbage", to: "labelled/cat/a.png")
    try expectRefusal(try work.quantize("--validate", folder("labelled")), "\(broken): ")
    let list = try folder.write("a.png,10\n", to: "labels.csv")
    try expectRefusal(
      try work.quantize("--validate", folder.path, "--labels", list),
      "\(list): line 1: class_index: expected 0 to 9, found 10")
  }

  // MARK: Where the model goes

  @Test func outputThatCannotBeWrittenIsNamed() throws {
    try folder.makeFolder("taken")
    for target in [folder("taken"), folder("absent/m.mnv4"), "/dev/null", ""] {
      for option in ["-o", "--json", "--report"] {
        var arguments = work.arguments
        if option == "-o" { arguments[4] = target } else { arguments += [option, target] }
        try expectRefusal(try Command.quantize(arguments), "\(target): ")
      }
    }
    #expect(try folder.contents == ["pictures", "taken"])
  }

  /// A file system that runs full half way: here, the limit of a file's size.
  @Test func failedWriteKeepsTheOldModel() throws {
    let old = try folder.write("old", to: "q.mnv4")
    let script = """
      ulimit -f 1000
      exec env --default-signal=XFSZ "$0" "$@"
      """
    let result = try Command.shell(["-c", script, Command.quantize.path] + work.arguments)
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.errors.contains("\(old): cannot write: File too large"), "\(result.errors)")
    #expect(try TemporaryFolder.bytes(old) == Array("old".utf8))
    #expect(try folder.contents == ["pictures", "q.mnv4"])
  }

  @Test func refusalKeepsTheOldModel() throws {
    let old = try folder.write("old", to: "q.mnv4")
    let result = try work.quantize("--keep-float", "absent")
    #expect(result.status == 1)
    #expect(try TemporaryFolder.bytes(old) == Array("old".utf8))
  }
}
