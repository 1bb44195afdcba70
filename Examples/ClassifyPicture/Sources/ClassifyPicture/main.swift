import MNV4
import MNV4Imaging

let (modelFile, pictureFile) = twoFiles(usage: "ClassifyPicture MODEL PICTURE")
do {
  let model = try Model(contentsOf: modelFile)
  let classifier = try ImageClassifier(model: model)
  for guess in try classifier.classify(imageAt: pictureFile, top: 3) {
    print(guess.label, percent(guess.probability))
  }
} catch {
  fail(error.description)
}
