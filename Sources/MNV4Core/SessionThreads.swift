/// The threads of one session, shared by its backends: a pool is started when one asks for it.
///
/// Used by the one thread that makes the session.
package final class SessionThreads {
  package let count: Int
  private var started: ThreadPool?

  package init(count: Int) {
    precondition(count >= 1)
    self.count = count
  }

  package func pool() throws(ThreadError) -> ThreadPool {
    if let started { return started }
    let pool = try ThreadPool(threadCount: count)
    started = pool
    return pool
  }
}
