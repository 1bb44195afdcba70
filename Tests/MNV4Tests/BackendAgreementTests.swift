import Synchronization
import Testing

@testable import MNV4

@Suite struct BackendAgreementTests {
  private static let side = 64

  private func logits(_ model: Model, _ options: SessionOptions) throws -> [Float] {
    let input = try Tensor.seeded(shape: model.inputShape)
    return try model.makeSession(options).run(input).elements
  }

  #if XNNPACK
    @Test func backendsAgree() throws {
      let model = try TestModel.mobileNetV4(side: Self.side)
      let library = try logits(model, SessionOptions(threads: 1, backend: .xnnpack))
      let portable = try logits(model, SessionOptions(threads: 1, backend: .swift))
      #expect(library.count == 1000)
      #expect(relativeDifference(portable, library) <= 1e-3)
    }
  #endif

  @Test(arguments: TestModel.backends) func threadsChangeNoBit(_ backend: BackendChoice) throws {
    let model = try TestModel.mobileNetV4(side: Self.side)
    let one = try logits(model, SessionOptions(threads: 1, backend: backend))
    for threads in [2, 8] {
      let many = try logits(model, SessionOptions(threads: threads, backend: backend))
      #expect(many.map(\.bitPattern) == one.map(\.bitPattern), "\(threads) threads")
    }
  }

  /// A whole network where that is fast enough.
  private static func sharedModel() throws -> Model {
    #if DEBUG
      try TestModel.small()
    #else
      try TestModel.mobileNetV4(side: side)
    #endif
  }

  /// Eight callers with a session each, one model between them; the first plans it.
  @Test(arguments: TestModel.backends) func sessionsOfOneModelRunAtOnce(
    _ backend: BackendChoice
  ) throws {
    let model = try Self.sharedModel()
    let reference = try Self.sharedModel()
      .makeSession(SessionOptions(threads: 1, backend: backend))
      .run(Tensor.seeded(shape: model.inputShape)).elements.map(\.bitPattern)
    let failures = Mutex<[String]>([])
    let runCount = Atomic<Int>(0)
    onThreads(8) { index in
      do {
        let options = SessionOptions(threads: index % 2 + 1, backend: backend)
        let session = try model.makeSession(options)
        let input = try Tensor.seeded(shape: model.inputShape)
        for _ in 0..<200 {
          let found = try session.run(input).elements.map(\.bitPattern)
          guard found == reference else {
            failures.withLock { $0.append("thread \(index): another result") }
            return
          }
          runCount.add(1, ordering: .relaxed)
        }
      } catch {
        failures.withLock { $0.append("thread \(index): \(error)") }
      }
    }
    #expect(failures.withLock { $0 } == [])
    #expect(runCount.load(ordering: .relaxed) == 1_600)
  }

  /// Plans of all backends are asked for at once, each first by several callers.
  @Test func plansAreMadeOnceWhoeverAsksFirst() throws {
    let model = try TestModel.small()
    let failures = Mutex<[String]>([])
    onThreads(8) { index in
      do {
        let choice = ([.automatic] + TestModel.backends)[index % (1 + TestModel.backends.count)]
        let plan = try model.plan(for: choice)
        let again = try model.plan(for: choice)
        if plan.steps.map(\.kernel) != again.steps.map(\.kernel) {
          failures.withLock { $0.append("another plan") }
        }
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    #expect(failures.withLock { $0 } == [])
  }
}
