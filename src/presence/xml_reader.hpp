// XML as a sequence of finished elements, by Expat, within limits.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "centrala/base/result.hpp"

namespace centrala::presence {

struct XmlName {
    std::string space, local;  ///< namespace URI ("" none) and local name
};

/// Called at the end of each element: its path from the root, itself last, and its own text, trimmed.
using XmlVisitor = std::function<void(std::span<const XmlName> path, std::string_view text)>;

/// The largest document that is read.
inline constexpr std::size_t kDocumentBytesMax = 16'384;

/// A document type declaration is refused, and with it every entity but XML's own five; so are depth past 16, more than
/// 512 elements and names past 256 bytes. Nullopt: all is well.
[[nodiscard]] std::optional<Error> read_xml(std::string_view document, const XmlVisitor& visit);

}  // namespace centrala::presence
