// Readers of single header values, used by the parser: each fills in what it can, and says whether all was well.
#pragma once

#include <string_view>

#include "centrala/sip/message.hpp"

namespace centrala::sip {

[[nodiscard]] bool read_name_addr(std::string_view value, NameAddr& out);
/// `version` is what stands for 2.0. A Via with a host is usable for an answer even when this says false.
[[nodiscard]] bool read_via(std::string_view value, Via& out, std::string_view& version);
[[nodiscard]] bool read_cseq(std::string_view value, CSeq& out);

}  // namespace centrala::sip
