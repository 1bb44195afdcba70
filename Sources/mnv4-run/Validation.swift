import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Imaging
import Synchronization

/// Measures accuracy over labelled pictures: each thread classifies whole pictures with a session of
/// its own.
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
    let workerCount = min(options.threads ?? Processors.available(), pictures.pictures.count)
    var single = options
    single.threads = 1
    let classifiers = try (0..<workerCount).map { _ in
      try ImageClassifier(model: model, options: single)
    }
    let task = Task(pictures: pictures.pictures, classifiers: classifiers)
    let start = ContinuousClock.now
    try ThreadPool(threadCount: workerCount).run(task, partCount: workerCount)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    task.progress.finish()

    let outcome = task.outcome
    for failure in outcome.failures.sorted() { Diagnostics.print("Error: \(failure)") }
    report(outcome, imagesPerSecond: Double(pictures.pictures.count) / seconds, printsJSON)
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

  /// Every worker takes the next picture until none is left.
  private final class Task: ParallelTask {
    let progress: ProgressBar
    private let pictures: [LabelledPictures.Picture]
    private let classifiers: [ImageClassifier]
    private let next = Atomic<Int>(0)
    private let results = Mutex(Outcome())

    init(pictures: [LabelledPictures.Picture], classifiers: [ImageClassifier]) {
      self.pictures = pictures
      self.classifiers = classifiers
      progress = ProgressBar("classifying", total: pictures.count)
    }

    var outcome: Outcome { results.withLock { $0 } }

    func run(part index: Int) {
      while true {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < pictures.count else { return }
        classify(pictures[number], with: classifiers[index])
        progress.advance()
      }
    }

    private func classify(_ picture: LabelledPictures.Picture, with classifier: ImageClassifier) {
      do {
        let best = try classifier.classify(imageAtPath: picture.path, top: 5).map(\.index)
        results.withLock {
          if best.first == picture.classIndex { $0.top1 += 1 }
          if best.contains(picture.classIndex) { $0.top5 += 1 }
        }
      } catch {
        results.withLock { $0.failures.append("\(error)") }
      }
    }
  }
}
