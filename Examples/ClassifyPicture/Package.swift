// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "ClassifyPicture",
  dependencies: [.package(name: "mnv4", path: "../..")],
  targets: [
    .executableTarget(
      name: "ClassifyPicture",
      dependencies: [
        .product(name: "MNV4", package: "mnv4"),
        .product(name: "MNV4Imaging", package: "mnv4"),
      ])
  ]
)
