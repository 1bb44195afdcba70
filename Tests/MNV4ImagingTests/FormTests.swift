import MNV4
import MNV4Imaging
import Testing

/// Every form of JPEG and PNG against what Pillow makes of it.
@Suite struct FormTests {
  @Test func fixturesAreThere() {
    #expect(Fixtures.forms(".jpg").count >= 50)
    #expect(Fixtures.forms(".png").count >= 45)
    #expect(Fixtures.table("exif.txt").count == 1000)
    #expect(Fixtures.table("resize.txt").count == 90)
    #expect(Fixtures.table("preprocess.txt").count == 150)
  }

  @Test(arguments: Fixtures.forms(".png")) func pngEqualsReference(name: String) throws {
    let image = try RGBImage(contentsOf: Fixtures.path("forms/" + name))
    #expect(image == (try Fixtures.ppm("forms/\(name).ppm")))
  }

  @Test(arguments: Fixtures.forms(".jpg")) func jpegIsWithinOneOfReference(name: String) throws {
    let image = try RGBImage(contentsOf: Fixtures.path("forms/" + name))
    let reference = try Fixtures.ppm("forms/\(name).ppm")
    #expect(image.width == reference.width)
    #expect(image.height == reference.height)
    let differences = zip(image.pixels, reference.pixels).map { abs(Int($0) - Int($1)) }
    #expect(differences.max() ?? .max <= 1)
  }

  /// The libraries may differ in rounding, but nine files of ten come out equal.
  @Test func mostJPEGsEqualReference() throws {
    let names = Fixtures.forms(".jpg")
    let equal = try names.filter {
      try RGBImage(contentsOf: Fixtures.path("forms/" + $0)) == Fixtures.ppm("forms/\($0).ppm")
    }
    print("\(equal.count) of \(names.count) JPEG files equal the reference in every sample")
    #expect(equal.count * 10 >= names.count * 9)
  }

  @Test func memoryAndFileAgree() throws {
    let name = "forms/progressive-420.jpg"
    let file = try RGBImage(contentsOf: Fixtures.path(name))
    #expect(file == (try RGBImage(encoded: Fixtures.bytes(name))))
  }
}
