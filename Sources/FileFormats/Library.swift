import CHdf5
import CTiff

/// The libraries that are loaded at their first use.
enum Library {
  enum State {
    case there
    /// What to install: "libtiff 4.5 (Debian package libtiff6)".
    case missing(String)
  }

  static var tiff: State {
    switch dcs_tiff_load() {
    case 0: .there
    case 1: .missing("libtiff (Debian: apt-get install libtiff6)")
    default: .missing("libtiff 4.5 or newer (Debian: apt-get install libtiff6)")
    }
  }

  static var hdf5: State {
    switch dcs_h5_load() {
    case 0: .there
    case 1: .missing("libhdf5 1.10 (Debian: apt-get install libhdf5-103-1)")
    default: .missing("libhdf5 1.10.7 or newer (Debian: apt-get install libhdf5-103-1)")
    }
  }

  static func canDecode(_ compression: Int) -> Bool { UInt16(exactly: compression).map { dcs_tiff_can_decode($0) != 0 } ?? false }
}
