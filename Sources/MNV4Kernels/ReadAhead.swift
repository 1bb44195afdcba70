import MNV4Core

/// What the parts of a step fetch while they run: constants that their thread reads next.
struct ReadAhead {
  /// By part; of no bytes where nothing is to be fetched.
  private let regions: [UnsafeRawBufferPointer]

  /// - Parameters:
  ///   - next: by thread, or empty: what it reads first after the step.
  ///   - constants: what a part reads.
  init(
    partCount: Int, next: [UnsafeRawBufferPointer?],
    constants: (_ part: Int) -> UnsafeRawBufferPointer
  ) {
    var regions = [UnsafeRawBufferPointer](
      repeating: UnsafeRawBufferPointer(start: nil, count: 0), count: partCount)
    for thread in next.indices {
      var coming = next[thread]
      let share = ThreadPool.share(of: partCount, thread: thread, threadCount: next.count)
      for part in share.reversed() {
        if let coming { regions[part] = coming }
        let own = constants(part)
        // Parts that read the same ones fetch what comes after them all.
        if part > share.lowerBound, constants(part - 1).baseAddress != own.baseAddress {
          coming = own
        }
      }
    }
    self.regions = regions
  }

  subscript(_ part: Int) -> UnsafeRawBufferPointer { regions[part] }
}
