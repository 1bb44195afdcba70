/// Where a model comes from: texts under keys, in the order they were given.
package struct Provenance: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// The keys that have a meaning of their own; any other may be used beside them.
  package enum Key: String, Hashable, Sendable, CaseIterable {
    /// The name of the network.
    case architecture
    /// timm's name of the weights, where they are published ones.
    case tag
    /// What was converted: a file name or an address.
    case source
    /// The SHA-256 of what was converted, in lower-case hexadecimal.
    case sourceSHA256 = "source-sha256"
    /// The program that wrote the file, with its version.
    case converter
    /// How a network of integers was made of a float one.
    case quantization
    /// The licence of the weights.
    case licence
    /// Anything else a person should know.
    case notes
  }

  /// Keys are not empty and differ from each other.
  package var entries: [Entry]

  package init(_ entries: [Entry] = []) { self.entries = entries }

  package subscript(_ key: Key) -> String? {
    get { entries.first { $0.key == key.rawValue }?.value }
    set {
      let index = entries.firstIndex { $0.key == key.rawValue }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].value = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?): entries.append(Entry(key: key.rawValue, value: value))
      case (nil, nil): break
      }
    }
  }
}
