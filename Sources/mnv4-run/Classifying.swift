import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Imaging

/// Classifies one picture after the other. One that cannot be read does not stop the rest.
struct Classifying {
  let model: Model
  let options: SessionOptions
  let top: Int
  let printsJSON: Bool

  private struct Line: Encodable {
    let file: String
    let predictions: [Prediction]
    let milliseconds: Double
  }

  private struct Prediction: Encodable {
    let index: Int
    let label: String
    let probability: Float
  }

  func run(_ paths: [String]) throws {
    let classifier = try ImageClassifier(model: model, options: options)
    var failureCount = 0
    for path in paths {
      do throws(MNV4Error) {
        let start = ContinuousClock.now
        let classes = try classifier.classify(imageAtPath: path, top: top)
        try print(path, classes, ContinuousClock.now - start, isOnly: paths.count == 1)
      } catch {
        StandardOutput.flush()
        Diagnostics.print("Error: \(error)")
        failureCount += 1
      }
    }
    StandardOutput.flush()
    guard failureCount == 0 else { throw ExitCode.failure }
  }

  private func print(
    _ path: String, _ classes: [Classification], _ time: Duration, isOnly: Bool
  ) throws(MNV4Error) {
    let milliseconds = time / .milliseconds(1)
    if printsJSON {
      let line = Line(
        file: path,
        predictions: classes.map {
          Prediction(index: $0.index, label: $0.label, probability: $0.probability)
        },
        milliseconds: milliseconds)
      do { StandardOutput.print(try JSONLine.encode(line)) } catch {
        throw MNV4Error(.invalidImage, file: path, "\(error)")
      }
      return
    }
    StandardOutput.print("\(path)  (\(milliseconds.roundedText(1)) ms)")
    var table = TextTable([("", .trailing), ("", .leading)])
    for entry in classes {
      table.append(["\((Double(entry.probability) * 100).roundedText(1)) %", entry.label])
    }
    for line in table.lines.dropFirst() { StandardOutput.print("  \(line)") }
    if !isOnly { StandardOutput.print("") }
  }
}
