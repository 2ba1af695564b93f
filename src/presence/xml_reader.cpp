// Expat behind one function: namespaces on, document types off (XML 1.0 §2.8), everything bounded.
#include "presence/xml_reader.hpp"

#include <memory>
#include <vector>

#include <expat.h>

namespace centrala::presence {
namespace {

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kElementsMax = 512;
constexpr std::size_t kNameBytesMax = 256;
constexpr char kSeparator = '\n';  // stands between namespace and name; a name can't hold it

struct Reader {
    XML_Parser parser;
    const XmlVisitor& visit;
    std::vector<XmlName> path;
    std::vector<std::string> texts;
    std::size_t elements = 0;
    const char* refused = nullptr;

    void refuse(const char* why) {
        if (!refused) refused = why;
        XML_StopParser(parser, XML_FALSE);
    }
};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

void XMLCALL on_start(void* user, const XML_Char* name, const XML_Char**) {
    Reader& r = *static_cast<Reader*>(user);
    if (r.refused) return;
    const std::string_view whole(name);
    if (whole.size() > kNameBytesMax) return r.refuse("a name is too long");
    if (r.path.size() >= kDepthMax) return r.refuse("too deep");
    if (++r.elements > kElementsMax) return r.refuse("too many elements");
    const auto split = whole.rfind(kSeparator);
    if (split == std::string_view::npos)
        r.path.push_back({{}, std::string(whole)});
    else
        r.path.push_back({std::string(whole.substr(0, split)), std::string(whole.substr(split + 1))});
    r.texts.emplace_back();
}

void XMLCALL on_end(void* user, const XML_Char*) {
    Reader& r = *static_cast<Reader*>(user);
    if (r.refused) return;
    r.visit(r.path, trimmed(r.texts.back()));
    r.path.pop_back();
    r.texts.pop_back();
}

void XMLCALL on_text(void* user, const XML_Char* text, int length) {
    Reader& r = *static_cast<Reader*>(user);
    if (!r.refused && !r.texts.empty()) r.texts.back().append(text, static_cast<std::size_t>(length));
}

void XMLCALL on_doctype(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    static_cast<Reader*>(user)->refuse("a document type isn't allowed");
}

}  // namespace

std::optional<Error> read_xml(std::string_view document, const XmlVisitor& visit) {
    if (document.size() > kDocumentBytesMax) return Error{"too large"};
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreateNS(nullptr, kSeparator),
                                                                              &XML_ParserFree);
    if (!parser) return Error{"out of memory"};
    Reader reader{parser.get(), visit, {}, {}, 0, nullptr};
    XML_SetUserData(parser.get(), &reader);
    XML_SetElementHandler(parser.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser.get(), on_text);
    XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
    const auto status = XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), XML_TRUE);
    if (reader.refused) return Error{reader.refused};
    if (status != XML_STATUS_OK) return Error{XML_ErrorString(XML_GetErrorCode(parser.get()))};
    return std::nullopt;
}

}  // namespace centrala::presence
