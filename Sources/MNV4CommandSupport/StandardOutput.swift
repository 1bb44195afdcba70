internal import Glibc
internal import Synchronization

/// Results, written in large pieces.
///
/// A reader that goes away (`| head`) ends the command quietly; any other failure to write ends it
/// with a message and status 1.
package enum StandardOutput {
  private static let pending = Mutex<[UInt8]>([])
  private static let pendingLimit = 1 << 16

  package static func print(_ line: String) {
    let isFull = pending.withLock { pending in
      pending.append(contentsOf: line.utf8)
      pending.append(UInt8(ascii: "\n"))
      return pending.count >= pendingLimit
    }
    if isFull { flush() }
  }

  /// Hands everything printed so far to the reader. Every command calls it before it ends.
  package static func flush() {
    let bytes = pending.withLock { pending in
      defer { pending = [] }
      return pending
    }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(STDOUT_FILENO, $0.baseAddress! + done, bytes.count - done)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { fail() }
      done += count
    }
  }

  private static func fail() -> Never {
    let code = errno
    guard code != EPIPE else { _exit(0) }
    Diagnostics.print("cannot write the results: \(String(cString: strerror(code)))")
    _exit(1)
  }
}

/// Messages for a person, on standard error.
package enum Diagnostics {
  package static func print(_ line: String) {
    write(line + "\n")
  }

  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let count = Glibc.write(STDERR_FILENO, bytes.baseAddress! + done, bytes.count - done)
        guard count > 0 || errno == EINTR else { return }
        done += max(count, 0)
      }
    }
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal; 80 where it does not tell.
  static var terminalWidth: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
