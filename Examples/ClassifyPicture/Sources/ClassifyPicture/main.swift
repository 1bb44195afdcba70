import Foundation
import MNV4
import MNV4Imaging

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 2 else { fail("usage: ClassifyPicture MODEL PICTURE") }
let files = arguments.map { URL(filePath: $0) }

do {
  let model = try Model(contentsOf: files[0])
  let classifier = try ImageClassifier(model: model)
  for guess in try classifier.classify(imageAt: files[1], top: 3) {
    print(guess.label, guess.probability.formatted(.percent.precision(.fractionLength(1))))
  }
} catch {
  fail(error.description)
}

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("\(message)\n".utf8))
  exit(1)
}
