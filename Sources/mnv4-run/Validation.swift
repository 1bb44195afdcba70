import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Imaging

/// Measures accuracy over labelled pictures.
struct Validation {
  let model: Model
  let options: SessionOptions
  let pictures: LabelledPictures

  /// What `--json` prints.
  private struct Line: Encodable {
    let pictures: Int
    let unreadable: Int
    let top1: Int
    let top5: Int
    let top1Percent: Double
    let top5Percent: Double
    let imagesPerSecond: Double

    enum CodingKeys: String, CodingKey {
      case pictures, unreadable, top1, top5
      case top1Percent = "top1_percent"
      case top5Percent = "top5_percent"
      case imagesPerSecond = "images_per_second"
    }
  }

  func run(printsJSON: Bool) throws {
    let count = pictures.pictures.count
    let progress = ProgressBar("classifying", total: count)
    let start = ContinuousClock.now
    let outcomes = try PictureBatch(paths: pictures.pictures.map(\.path)).classify(
      with: model, options: options, top: 5
    ) { progress.advance() }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    progress.finish()

    var outcome = Outcome()
    for (picture, result) in zip(pictures.pictures, outcomes) {
      switch result {
      case .success(let best):
        if best.first == picture.classIndex { outcome.top1 += 1 }
        if best.contains(picture.classIndex) { outcome.top5 += 1 }
      case .failure(let error): outcome.failures.append("\(error)")
      }
    }
    for failure in outcome.failures.sorted() { Diagnostics.print("Error: \(failure)") }
    report(outcome, imagesPerSecond: Double(count) / seconds, printsJSON)
    StandardOutput.flush()
    guard outcome.failures.isEmpty else { throw ExitCode.failure }
  }

  private func report(_ outcome: Outcome, imagesPerSecond: Double, _ printsJSON: Bool) {
    let count = pictures.pictures.count
    func percent(_ right: Int) -> Double { 100 * Double(right) / Double(count) }
    if printsJSON {
      let line = Line(
        pictures: count, unreadable: outcome.failures.count, top1: outcome.top1,
        top5: outcome.top5, top1Percent: percent(outcome.top1),
        top5Percent: percent(outcome.top5), imagesPerSecond: imagesPerSecond)
      if let text = try? JSONLine.encode(line) { StandardOutput.print(text) }
      return
    }
    StandardOutput.print(
      "top-1  \(outcome.top1) of \(count)  \(percent(outcome.top1).roundedText(2)) %")
    StandardOutput.print(
      "top-5  \(outcome.top5) of \(count)  \(percent(outcome.top5).roundedText(2)) %")
    if !outcome.failures.isEmpty {
      StandardOutput.print("unreadable  \(outcome.failures.count), counted as wrong")
    }
    StandardOutput.print("\(imagesPerSecond.roundedText(1)) images/s")
  }

  struct Outcome {
    var top1 = 0
    var top5 = 0
    var failures: [String] = []
  }
}
