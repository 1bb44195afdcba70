internal import Glibc
internal import MNV4Core

/// What a command does about signals: a closed pipe and a limit of file sizes are errors of `write`,
/// and an interrupted command leaves no temporary file.
package enum Interrupts {
  /// Call first, before any thread is started.
  package static func handle() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGHUP)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    var thread = pthread_t()
    guard pthread_create(&thread, nil, waitForInterrupt, nil) == 0 else {
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
      return
    }
    pthread_detach(thread)
  }
}

/// Waits for a signal, cleans up, and ends the process as that signal would.
private func waitForInterrupt(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  var set = sigset_t()
  sigemptyset(&set)
  sigaddset(&set, SIGINT)
  sigaddset(&set, SIGTERM)
  sigaddset(&set, SIGHUP)
  var number: Int32 = 0
  while sigwait(&set, &number) != 0 {}
  TemporaryFiles.deleteAll()
  _exit(128 + number)
}
