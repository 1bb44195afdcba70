import Testing

@Suite struct AllocationTests {
  /// After warm-up a run asks for no memory, in any backend and element type, on one thread or two.
  @Test func runsAllocateNothing() throws {
    let result = try Command.allocationProbe()
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.outputLines
    #expect(lines.first == "deliberate 7", "the counter does not count: \(result.output)")
    #expect(lines.count >= 5)
    for line in lines.dropFirst() { #expect(line.hasSuffix(" 0"), "allocations: \(line)") }
  }
}
