internal import Glibc

/// Results, written in large pieces.
///
/// A reader that goes away (`| head`) ends the command quietly; any other failure to write ends it
/// with a message and status 1.
package enum StandardOutput {
  package static func print(_ line: String) {
    var text = line
    text.append("\n")
    text.withUTF8 { bytes in
      guard fwrite(bytes.baseAddress, 1, bytes.count, stdout) == bytes.count else { fail() }
    }
  }

  /// Hands everything printed so far to the reader. Every command calls it before it ends.
  package static func flush() {
    guard fflush(stdout) == 0 else { fail() }
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
