// swift-tools-version: 6.3
import PackageDescription

let xnnpack: TargetDependencyCondition = .when(traits: ["XNNPACK"])!

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .define("XNNPACK", .when(traits: ["XNNPACK"])),
]

/// A Swift target with the house settings.
func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A command: parses arguments, prints, sets the exit status.
func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name,
    dependencies: dependencies + [
      .product(name: "ArgumentParser", package: "swift-argument-parser")
    ],
    swiftSettings: settings)
}

/// The tests of the target of the same name.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "mnv4",
  products: [
    .library(name: "MNV4", targets: ["MNV4"]),
    .library(name: "MNV4Imaging", targets: ["MNV4Imaging"]),
    .library(name: "MNV4Quantization", targets: ["MNV4Quantization"]),
    .executable(name: "mnv4-run", targets: ["mnv4-run"]),
    .executable(name: "mnv4-convert", targets: ["mnv4-convert"]),
    .executable(name: "mnv4-quantize", targets: ["mnv4-quantize"]),
    .executable(name: "mnv4-bench", targets: ["mnv4-bench"]),
  ],
  traits: [
    .trait(
      name: "XNNPACK", description: "The xnnpack backend (libxnnpack-dev, libpthreadpool-dev)."),
    .default(enabledTraits: ["XNNPACK"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(
      name: "CXNNPACK", providers: [.apt(["libxnnpack-dev", "libpthreadpool-dev"])]),
    .systemLibrary(
      name: "CImageCodecs", providers: [.apt(["libturbojpeg0-dev", "libspng-dev"])]),
    target("MNV4Core"),
    target("MNV4Charts", ["MNV4Core"]),
    target("MNV4Graph", ["MNV4Core"]),
    target("MNV4Format", ["MNV4Graph", "MNV4Core"]),
    target("MNV4Zoo", ["MNV4Graph", "MNV4Core"]),
    target("MNV4Import", ["MNV4Zoo", "MNV4Graph", "MNV4Core"]),
    .target(name: "CMicrokernels"),
    target("MNV4Kernels", ["CMicrokernels", "MNV4Graph", "MNV4Core"]),
    target(
      "MNV4XNNPACK",
      [.target(name: "CXNNPACK", condition: xnnpack), "MNV4Graph", "MNV4Core"]),
    target(
      "MNV4",
      [
        .target(name: "MNV4XNNPACK", condition: xnnpack),
        "MNV4Kernels", "MNV4Format", "MNV4Graph", "MNV4Core",
      ]),
    target("MNV4Imaging", ["CImageCodecs", "MNV4"]),
    target(
      "MNV4Quantization",
      ["MNV4Imaging", "MNV4", "MNV4Format", "MNV4Graph", "MNV4Charts", "MNV4Core"]),
    target(
      "MNV4Studies",
      [
        "MNV4CommandSupport", "MNV4Quantization", "MNV4Imaging", "MNV4Zoo", "MNV4", "MNV4Kernels",
        "MNV4Charts", "MNV4Format", "MNV4Graph", "MNV4Core",
      ]),
    target(
      "MNV4CommandSupport",
      [
        "MNV4", "MNV4Kernels", "MNV4Format", "MNV4Graph", "MNV4Core",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    command(
      "mnv4-run",
      ["MNV4CommandSupport", "MNV4Imaging", "MNV4", "MNV4Format", "MNV4Graph", "MNV4Core"]),
    command(
      "mnv4-convert",
      [
        "MNV4CommandSupport", "MNV4Import", "MNV4Zoo", "MNV4", "MNV4Format", "MNV4Graph",
        "MNV4Core",
      ]),
    command(
      "mnv4-quantize",
      [
        "MNV4CommandSupport", "MNV4Quantization", "MNV4Imaging", "MNV4", "MNV4Format",
        "MNV4Graph", "MNV4Core",
      ]),
    command(
      "mnv4-bench",
      [
        "MNV4Studies", "MNV4CommandSupport", "MNV4Quantization", "MNV4Zoo", "MNV4", "MNV4Format",
        "MNV4Graph",
        "MNV4Core",
      ]),
    tests(
      "MNV4Tests",
      ["MNV4", "MNV4Zoo", "MNV4Format", "MNV4Kernels", "MNV4Graph", "MNV4Core"]),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .target(name: "MarkupTesting", path: "Tests/MarkupTesting", swiftSettings: settings),
    .target(name: "TFLiteSamples", path: "Tests/TFLiteSamples", swiftSettings: settings),
    .executableTarget(
      name: "allocation-probe",
      dependencies: ["CAllocationCounter", "MNV4Quantization", "MNV4", "MNV4Format", "MNV4Graph"],
      path: "Tests/AllocationProbe", swiftSettings: settings),
    tests(
      "CommandTests",
      [
        "mnv4-run", "mnv4-convert", "mnv4-quantize", "mnv4-bench", "allocation-probe",
        "TFLiteSamples", "MNV4CommandSupport", "MNV4Zoo", "MNV4", "MNV4Format", "MNV4Graph",
        "MNV4Core", "MarkupTesting",
      ]),
    tests(
      "MNV4StudiesTests",
      [
        "MNV4Studies", "MNV4CommandSupport", "MNV4Quantization", "MNV4Zoo", "MNV4", "MNV4Format",
        "MNV4Graph", "MNV4Core", "MarkupTesting",
      ]),
    tests("MNV4CommandSupportTests", ["MNV4CommandSupport", "MNV4Core"]),
    tests("MNV4CoreTests", ["MNV4Core"]),
    tests("MNV4ChartsTests", ["MNV4Charts", "MNV4Core", "MarkupTesting"]),
    tests("MNV4GraphTests", ["MNV4Graph", "MNV4Core"]),
    tests(
      "MNV4ZooTests", ["MNV4", "MNV4Zoo", "MNV4Format", "MNV4Graph", "MNV4Core"],
      resources: [.copy("Fixtures")]),
    tests(
      "MNV4FormatTests", ["MNV4Format", "MNV4Graph", "MNV4Core"], resources: [.copy("Fixtures")]),
    tests(
      "MNV4ImportTests",
      ["MNV4", "MNV4Format", "MNV4Import", "MNV4Zoo", "MNV4Graph", "MNV4Core", "TFLiteSamples"],
      resources: [.copy("Fixtures")]),
    tests(
      "KernelConformanceTests",
      [
        .target(name: "MNV4XNNPACK", condition: xnnpack), "MNV4Kernels", "MNV4Graph", "MNV4Core",
      ]),
    tests(
      "MNV4ImagingTests", ["MNV4Imaging", "MNV4", "MNV4Graph", "MNV4Core"],
      resources: [.copy("Fixtures")]),
    tests(
      "MNV4QuantizationTests",
      [
        "MNV4Quantization", "MNV4Charts", "MNV4Import", "MNV4Imaging", "MNV4", "MNV4Zoo",
        "MNV4Kernels", "MNV4Format", "MNV4Graph", "MNV4Core", "MarkupTesting",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
