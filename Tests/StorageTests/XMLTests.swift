import Storage
import Testing

@Suite struct XMLTests {
  @Test func textOfAnswers() throws {
    let xml = try XML(parsing: #"<?xml version="1.0"?><!-- c --><R xmlns="x"><K>a&amp;b&#x2F;c</K><E/><K><![CDATA[<d>]]></K></R>"#)
    #expect(xml.name == "R" && xml.all("K").map(\.text) == ["a&b/c", "<d>"] && xml["E"] != nil)
  }

  @Test func attributesOfMetadata() throws {
    let xml = try XML(parsing: "\u{FEFF}<o:OME xmlns:o='x' o:x=\"1\" x = '2'>text<?p?><o:Pixels o:SizeZ='4' SizeZ='3' a:SizeZ='5' Unit=\"&#181;m &lt;\"/>\n</o:OME>\n<!-- end -->")
    #expect(xml.name == "OME" && xml.text == "text\n" && xml["Pixels"]?.attributes == ["SizeZ": "3", "Unit": "µm <"])
  }

  @Test(arguments: [
    ("", 0, "< is missing"), ("<a>", 3, "it ends inside <a>"), ("<a></b>", 6, "</a> is missing"), ("<a>&nope;</a>", 3, "the entity &nope; is not known"), ("<a b='&c'/>", 6, "& without ;"),
    ("<!DOCTYPE a><a/>", 0, "document types are not read"), ("<a><!ENTITY b 'c'></a>", 3, "document types are not read"), ("<a/><b/>", 4, "something follows its end"), ("<a x=1/>", 5, "a quote is missing"),
    ("<a x='1' x='2'/>", 14, "x stands twice"), ("<a x='<'/>", 6, "' is missing"), ("<a><![CDATA[]", 13, "]]> is missing"), (String(repeating: "<a>", count: 100), 192, "more than 64 levels"),
  ]) func malformed(text: String, byte: Int, reason: String) {
    let error = #expect(throws: XML.Malformed.self) { try XML(parsing: text) }
    #expect(error?.byte == byte && error?.reason == reason, "\(String(describing: error))")
  }

  @Test func anyStartOfADocumentIsRefused() throws {
    let text = #"<?xml version="1.0"?><o:a b="&#x26;" c='d'>x<!-- y --><e><![CDATA[z]]></e>&lt;</o:a>"#
    _ = try XML(parsing: text)
    for count in 0..<text.count { #expect(throws: XML.Malformed.self) { try XML(parsing: String(text.prefix(count))) } }
  }

  @Test func escapedTextIsReadAsItWas() throws {
    let text = "a&b<c>]]> \"'\u{1}\n\t é"
    #expect(try XML(parsing: "<k>\(XML.escape(text))</k>").text == text)
  }
}
