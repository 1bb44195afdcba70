import Testing

@Suite struct BenchTests {
  @Test func jsonHasItsKeysAndNoOther() throws {
    let result = try Command.bench(
      Repository.model, "mobilenetv4_conv_small", "--runs", "4", "--threads", "2", "--json")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.outputLines.count == 2)
    for (line, name) in zip(
      result.outputLines, [Repository.model, "mobilenetv4_conv_small"])
    {
      let object = try JSON.object(line)
      #expect(
        Set(object.keys) == [
          "network", "element_type", "backend", "threads", "runs", "min_ms", "p50_ms", "p90_ms",
          "p99_ms", "images_per_second", "peak_rss_mb", "arena_bytes",
        ])
      #expect(object["network"] as? String == name)
      #expect(object["element_type"] as? String == "float32")
      #expect(object["threads"] as? Int == 2)
      #expect(object["runs"] as? Int == 4)
      let times = try ["min_ms", "p50_ms", "p90_ms", "p99_ms"].map {
        try #require(object[$0] as? Double)
      }
      #expect(times == times.sorted())
      #expect(times[0] > 0)
      for key in ["images_per_second", "peak_rss_mb", "arena_bytes"] {
        #expect(try #require(object[key] as? Double) > 0)
      }
    }
  }

  @Test func tableHasARowANetwork() throws {
    let result = try Command.bench(
      Repository.model, "mobilenetv4_conv_small", "--input-size", "32", "--runs", "1")
    #expect(result.status == 1)
    #expect(result.errors.contains("--input-size is for names of the zoo"))
    let other = try Command.bench("mobilenetv4_conv_small", "--input-size", "32", "--runs", "1")
    #expect(other.status == 0)
    #expect(other.outputLines.count == 2)
    #expect(other.outputLines[0].hasPrefix("network  "))
    #expect(other.outputLines[1].hasPrefix("mobilenetv4_conv_small  float32  "))

    let integers = try Command.bench(
      "mobilenetv2_035", "--input-size", "32", "--runs", "1", "--element-type", "int8")
    #expect(integers.status == 0, "\(integers.errors)")
    #expect(integers.outputLines.last?.hasPrefix("mobilenetv2_035  int8  ") == true)
  }

  @Test(arguments: ["float32", "int8"]) func profileHasARowAStep(elementType: String) throws {
    let result = try Command.bench(
      "mobilenetv2_035", "--input-size", "32", "--runs", "2", "--element-type", elementType,
      "--threads", "1", "--profile")
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.outputLines
    #expect(lines.contains { $0.hasPrefix("conv_stem ") && $0.contains("conv 3×3 stride 2") })
    #expect(lines.contains { $0.hasPrefix("total ") })
    let end = try #require(lines.firstIndex { $0.hasPrefix("2 runs, threads: 1;") })
    // Of processors that the limit is measured on.
    #expect(lines[(end + 1)...].allSatisfy { $0.hasPrefix("limit of a thread, ") })
  }

  @Test(arguments: ["--profile", "--counts"]) func tablesAreNoJSON(flag: String) throws {
    let result = try Command.bench("mobilenetv2_035", "--json", flag)
    #expect(result.status == 64)
    #expect(result.errors.contains("leave out --profile and --counts"))
  }

  @Test(arguments: [
    (["absent.mnv4"], "absent.mnv4: cannot open"),
    (["mobilenetv4_conv_smal"], "Did you mean 'mobilenetv4_conv_small'?"),
    (["zzzzzzz"], "'zzzzzzz': expected an .mnv4 file or a name of mnv4-convert --list-archs."),
    (
      [Repository.model, "--element-type", "int8"],
      "--element-type: expected int8, found a network of float32"
    ),
  ])
  func refused(_ arguments: [String], _ message: String) throws {
    let result = try Command.bench(arguments)
    #expect(result.status == 1)
    #expect(result.output == "")
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
