// What the pages of a TIFF file mean: which count z, channels, time, and how large a voxel is.
//
// 1. ImageJ      ImageDescription "ImageJ=1.53t\nimages=12\nchannels=2\nslices=6\nunit=micron\nspacing=0.04\n": pages go c fastest, then z, then t;
//                x and y from the resolution tags in that unit, z from `spacing`      ij/io/TiffEncoder.java, ij/plugin/Hyperstack
// 2. OME         OME-XML in ImageDescription: SizeZ, SizeC, SizeT, DimensionOrder, PhysicalSizeX … in µm where no unit stands
//                https://docs.openmicroscopy.org/ome-model/6.3.1/ome-tiff/specification.html
// 3. tifffile    ImageDescription {"shape": [2, 3, 64, 64], "axes": "CZYX"}
// Else pages are z, and the voxel size is unknown: resolution tags alone (72 dpi) place no voxel.

import Arrays
import Geometry
import Storage

struct TiffMeaning {
  /// Axes that count pages, slowest first.
  var counting: [PageStack.StackAxis] = []
  /// nm; z is not needed where there is only one plane.
  var x: Rational?, y: Rational?, z: Rational?
  /// nm, z y x.
  var offset: [Rational]?
  /// "ImageJ"; nil where nothing is said of voxels.
  var source: String?
  /// Pages that belong to it; all where nil.
  var pages: Range<Int>?
  /// Pages that follow the first without directories of their own.
  var followers: Int?
  var remark: String?

  static func axis(_ name: String, _ count: Int, _ stride: Int) -> PageStack.StackAxis {
    let axis: Axis = switch name {
    case "c": .c
    case "t": .t
    default: Axis(name)
    }
    return PageStack.StackAxis(axis: axis, count: count, role: .pages(stride: stride))
  }

  /// Pages in order, as planes.
  static func planes(_ count: Int) -> TiffMeaning { TiffMeaning(counting: [axis("z", count, 1)]) }

  /// - Parameter pages: how many directories there are.
  init(_ directory: TiffDirectory, _ file: OpenFile, pages: Int, samples: Int) throws(StorageError) {
    let text = try directory.text(TiffTag.description, file) ?? ""
    if text.hasPrefix("ImageJ="), let found = try Self.imageJ(text, directory, file, pages) { self = found; return }
    if text.contains("<OME"), let found = try Self.ome(text, file, pages, samples) { self = found; return }
    if text.hasPrefix("{"), let found = Self.tifffile(text, pages, samples) { self = found; return }
    self = Self.planes(pages)
  }

  private init(counting: [PageStack.StackAxis]) { self.counting = counting }

  // MARK: ImageJ

  private static func imageJ(_ text: String, _ directory: TiffDirectory, _ file: OpenFile, _ pages: Int) throws(StorageError) -> TiffMeaning? {
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      guard let equals = line.firstIndex(of: "=") else { continue }
      values[String(line[..<equals])] = String(line[line.index(after: equals)...])
    }
    func count(_ key: String) -> Int { max(1, values[key].flatMap { Int($0) } ?? 1) }
    var (c, z, t) = (count("channels"), count("slices"), count("frames"))
    let images = count("images")
    let product = c.multipliedReportingOverflow(by: z), total = product.partialValue.multipliedReportingOverflow(by: t)
    if product.overflow || total.overflow || total.partialValue != images { (c, z, t) = (1, images, 1) }
    var meaning: TiffMeaning
    if images == pages || (pages == 1 && images > 1) {
      meaning = TiffMeaning(counting: [axis("t", t, c * z), axis("c", c, 1), axis("z", z, c)])
      if images > pages { meaning.followers = images }
    } else {
      meaning = planes(pages)
    }
    guard let unit = values["unit"], let factor = Lengths.nanometres(unit), let x = try directory.fraction(TiffTag.xResolution, file),
      let y = try directory.fraction(TiffTag.yResolution, file)
    else { return meaning }
    func size(_ fraction: (Int, Int)) -> Rational? { Lengths.meant(fraction.1, over: fraction.0).flatMap { try? $0 * factor } }
    // ImageJ leaves out a spacing of 1
    let spacing = values["spacing"].map { Rational(decimal: $0) } ?? Rational.one
    (meaning.x, meaning.y, meaning.z, meaning.source) = (size(x), size(y), spacing.flatMap { $0 > .zero ? try? $0 * factor : nil }, "ImageJ")
    if let offset = values["dcs_offset_nm"]?.split(separator: " ").map({ Rational(decimal: $0) }), !offset.contains(nil) { meaning.offset = offset.compactMap(\.self) }
    return meaning
  }

  // MARK: OME

  private static func ome(_ text: String, _ file: OpenFile, _ pages: Int, _ samples: Int) throws(StorageError) -> TiffMeaning? {
    func bad(_ reason: String) -> StorageError { .badFile(path: file.path, reason: "its OME-XML: \(reason)") }
    let root: XML
    do { root = try XML(parsing: text) } catch { throw bad(error.description) }
    let images = root.all("Image")
    guard let element = images.first?["Pixels"] else { return nil }
    func size(_ name: String) throws(StorageError) -> Int {
      guard let text = element.attributes[name] else { return 1 }
      guard let value = Int(text), value > 0, value < 1 << 31 else { throw bad("\(name) is \(text)") }
      return value
    }
    let z = try size("SizeZ"), t = try size("SizeT"), allChannels = try size("SizeC")
    let c = allChannels % samples == 0 ? max(1, allChannels / samples) : allChannels
    let (planeCount, overflow) = (z * t).multipliedReportingOverflow(by: c)
    guard !overflow else { throw bad("it counts too many planes") }
    let data = element.all("TiffData"), own = Files.name(file.path)
    let names = Set(data.compactMap { $0["UUID"]?.attributes["FileName"] })
    if names.contains(where: { Files.name($0) != own }) && names.count > 1 {
      throw .unsupported(path: file.path, feature: "an OME data set in \(names.count) files")
    }
    let first = data.first?.attributes["IFD"].flatMap { Int($0) } ?? 0
    guard first >= 0, planeCount <= pages, first <= pages - planeCount else { throw bad("it counts \(planeCount) planes from page \(first) on, the file has \(pages) pages") }
    let order = element.attributes["DimensionOrder"] ?? "XYZCT"
    guard order.hasPrefix("XY"), Set(order.dropFirst(2)) == ["Z", "C", "T"], order.count == 5 else { throw bad("DimensionOrder is \(order)") }
    var strides: [Character: Int] = [:], step = 1
    for name in order.dropFirst(2) {
      strides[name] = step
      step *= name == "Z" ? z : name == "C" ? c : t
    }
    var meaning = TiffMeaning(counting: [axis("t", t, strides["T"] ?? 1), axis("c", c, strides["C"] ?? 1), axis("z", z, strides["Z"] ?? 1)])
    if first > 0 || planeCount < pages { meaning.pages = first..<(first + planeCount) }
    if images.count > 1 { meaning.remark = "the first of \(images.count) images in this file" }
    func length(_ name: String) throws(StorageError) -> Rational? {
      guard let text = element.attributes[name] else { return nil }
      guard let value = Rational(decimal: text) ?? Double(text).flatMap({ Rational($0) }), value > .zero else { throw bad("\(name) is \(text)") }
      guard let factor = Lengths.nanometres(element.attributes[name + "Unit"] ?? "µm") else { return nil }
      return try? value * factor
    }
    (meaning.x, meaning.y, meaning.z) = (try length("PhysicalSizeX"), try length("PhysicalSizeY"), try length("PhysicalSizeZ"))
    meaning.source = "OME-XML"
    return meaning
  }

  // MARK: tifffile

  private static func tifffile(_ text: String, _ pages: Int, _ samples: Int) -> TiffMeaning? {
    guard let json = try? JSON(parsing: text), let shape = json["shape"]?.ints, shape.count >= 2, shape.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else { return nil }
    // the last axes are those of a page: rows, columns, and samples behind or before them
    let own = samples > 1 ? 3 : 2
    guard shape.count >= own else { return nil }
    let outer = Array(shape.dropLast(own))
    let count = outer.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? 0 : $0 * $1 }
    guard count == pages || (pages == 1 && json["truncated"]?.bool == true && count > 0) else { return nil }
    var names = Axis.defaults(rank: outer.count + 2).dropLast(2).map(\.name)
    if let given = json["axes"]?.string?.lowercased(), given.count == shape.count {
      let letters = given.dropLast(own).map(String.init)
      if Set(letters).count == letters.count, !letters.contains(where: { $0 == "y" || $0 == "x" }) { names = letters }
    }
    var step = count, counting: [PageStack.StackAxis] = []
    for (name, length) in zip(names, outer) {
      step /= length
      let kind: Axis.Kind = name == "z" ? .space : name == "t" ? .time : .channel
      counting.append(PageStack.StackAxis(axis: Axis(name, kind), count: length, role: .pages(stride: step)))
    }
    var meaning = TiffMeaning(counting: counting)
    if count > pages { meaning.followers = count }
    return meaning
  }
}
