import Foundation
import Testing

@testable import MNV4Studies

/// The papers' figures are those of the collection that the folder MNV4_DATA holds.
@Suite(
  .enabled("set MNV4_DATA to a folder with published-numbers.json") {
    ProcessInfo.processInfo.environment["MNV4_DATA"].map {
      FileManager.default.fileExists(atPath: "\($0)/published-numbers.json")
    } ?? false
  })
struct PaperTests {
  private func numbers() throws -> [String: Any] {
    let folder = try #require(ProcessInfo.processInfo.environment["MNV4_DATA"])
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/published-numbers.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func network(_ name: String) throws -> [String: Any] {
    let nets = try #require(try numbers()["nets"] as? [String: Any])
    return try #require(nets[name] as? [String: Any])
  }

  private func key(_ width: String) -> String { width }

  @Test func table3() throws {
    for row in MobileNeXtPaper.table3 {
      let next = try network("mobilenext_\(key(row.width))")
      #expect(next["top1"] as? Double == row.mobileNeXtFigures.top1)
      #expect(next["params"] as? Double == (row.mobileNeXtFigures.megaparameters * 1e6).rounded())
      #expect(next["macs"] as? Double == row.mobileNeXtFigures.megaMACs * 1e6)
      let also = try #require(
        try network("mobilenetv2_\(key(row.width))")["also"] as? [String: [String: Double]])
      let other = try #require(also["MobileNeXt paper Table 3"])
      #expect(other["top1"] == row.mobileNetV2Figures.top1)
      #expect(other["params"] == (row.mobileNetV2Figures.megaparameters * 1e6).rounded())
      #expect(other["macs"] == row.mobileNetV2Figures.megaMACs * 1e6)
    }
  }

  @Test func table4And7() throws {
    let next = try network("mobilenext_1.0")
    let int8 = try #require(next["int8"] as? [String: [String: Double]])
    #expect(int8["MobileNeXt paper PTQ"]?["int8"] == MobileNeXtPaper.table4.mobileNeXt.integer)
    #expect(next["top1"] as? Double == MobileNeXtPaper.table4.mobileNeXt.float)
    let other = try #require(
      try network("mobilenetv2_1.0")["int8"] as? [String: [String: Double]])
    let quantized = try #require(other["MobileNeXt paper PTQ"])
    #expect(quantized["int8"] == MobileNeXtPaper.table4.mobileNetV2.integer)
    #expect(quantized["fp"] == MobileNeXtPaper.table4.mobileNetV2.float)
    let identities = try #require(next["identity_multiplier"] as? [String: Any])
    for row in MobileNeXtPaper.table7 {
      let entry = try #require(identities[row.multiplier] as? [String: Double])
      #expect(entry["top1"] == row.top1 && entry["latency_ms"] == row.milliseconds)
    }
  }

  @Test func table5() throws {
    let extra = try network("mobilenetv2_1.0_plus1dw")
    #expect(extra["top1"] as? Double == MobileNeXtPaper.table5[1].figures.top1)
    #expect(extra["macs"] as? Double == MobileNeXtPaper.table5[1].figures.megaMACs * 1e6)
  }

  @Test func uibTable() throws {
    let study = try #require(try numbers()["cifar10_uib_study"] as? [String: Any])
    let rows = try #require(study["rows"] as? [String: [String: Any]])
    #expect(rows.count == UIBPaper.rows.count)
    let published = Set(rows.values.compactMap { $0["acc"] as? Double })
    #expect(Set(UIBPaper.rows.map(\.accuracy)) == published)
    let seconds = Set(rows.values.compactMap { $0["train_s"] as? Double })
    #expect(Set(UIBPaper.rows.compactMap(\.trainingSeconds)) == seconds)
  }
}
