// The machine of a thread that calls functions of the language again and again: one for each block, say. Making one takes memory for its
// slots and asks the system where the stack ends, which costs more than a small function does.

#if canImport(Glibc)
import Glibc
#endif

extension Machine {
  /// The machine that this thread used last, if it is of this session as it is now; else a new one, kept until the thread ends.
  static func ofThisThread(_ session: Session, isWorker: Bool) -> Machine {
    let kept = pthread_getspecific(key).map { Unmanaged<Machine>.fromOpaque($0) }
    if let machine = kept?.takeUnretainedValue(), machine.session === session, machine.isWorker == isWorker, machine.version == session.changes.load(ordering: .relaxed) { return machine }
    let machine = Machine(session: session, isWorker: isWorker)
    let mine = Unmanaged.passRetained(machine)
    if pthread_setspecific(key, mine.toOpaque()) != 0 { mine.release() } else { kept?.release() }
    return machine
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { kept in if let kept { Unmanaged<Machine>.fromOpaque(kept).release() } }
    return key
  }()
}
