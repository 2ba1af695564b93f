// Every message of the call flows of RFC 3261, 3515, 3665, 3666, 4028, 5359, 5407 and 5589, as their manifests say.
#include <gtest/gtest.h>

#include "centrala/sip/message.hpp"
#include "sip/corpus.hpp"

namespace centrala::sip {
namespace {

using material::Row;
constexpr const char* kFlows[] = {"rfc3261", "rfc3515", "rfc3665", "rfc3666",
                                  "rfc4028", "rfc5359", "rfc5407", "rfc5589"};

/// Whether the RFC's example is a whole message: its Content-Length a number and not beyond the body shown, and none
/// of the headers missing that a receiver can't do without (Max-Forwards is not among those).
bool is_whole(const Row& row, bool length_put_right) {
    const std::string& missing = row.at("missing_mandatory_headers");
    for (const char* name : {"via", "from", "to", "call-id", "cseq"})
        if (missing.find(name) != std::string::npos) return false;
    // Slips of the RFCs: RFC 5589 copied CSeqs of other methods, RFC 3666 has `>` twice in a To.
    if (row.at("kind") == "request" && row.at("method_or_code") != row.at("cseq_method")) return false;
    if (row.at("file") == "2.3-05-F5-ACK.sip" && row.at("section_title").find("overflow") != std::string::npos)
        return false;
    if (length_put_right || row.at("declared_content_length").empty()) return true;
    const std::string& declared = row.at("declared_content_length");
    if (declared.find_first_not_of("0123456789") != std::string::npos) return false;
    return std::stoul(declared) <= std::stoul(row.at("body_octets"));
}

void check(const std::filesystem::path& path, const Row& row, bool length_put_right) {
    SCOPED_TRACE(path.string());
    std::string bytes = material::read_file(path);
    ASSERT_FALSE(bytes.empty());
    Message m;
    const Parsed p = parse(bytes, m);
    const bool request = row.at("kind") == "request";
    if (!is_whole(row, length_put_right)) {
        const bool answerable = request && row.at("method_or_code") != "ACK";
        EXPECT_EQ(p.verdict, answerable ? Verdict::refused : Verdict::dropped) << p.why;
        EXPECT_FALSE(p.why.empty());
        return;
    }
    ASSERT_EQ(p.verdict, Verdict::complete) << p.why;
    EXPECT_EQ(m.is_request(), request);
    EXPECT_EQ(request ? std::string(m.method_name()) : std::to_string(m.status()), row.at("method_or_code"));
    EXPECT_EQ(m.cseq().method_name, row.at("cseq_method"));
    EXPECT_EQ(m.body().substr(0, 3) == "v=0", row.at("sdp") == "y");
    if (length_put_right) {
        EXPECT_EQ(std::to_string(m.body().size()), row.at("body_octets"));
        const std::string again = material::read_file(path);
        const Framed f = frame(again);
        EXPECT_EQ(f.status, Framed::Status::message);
        EXPECT_EQ(f.skip + f.length, again.size());
    }
}

TEST(CallFlows, ParseAsTheirManifestsSay) {
    std::size_t whole = 0, all = 0, mended = 0;
    for (const char* flow : kFlows) {
        const auto folder = material::corpus() / "callflows" / flow;
        for (const Row& row : material::read_tsv(folder / "manifest.tsv")) {
            check(folder / row.at("file"), row, false);
            ++all;
            whole += is_whole(row, false);
            if (const auto fixed = folder / "fixed-cl" / row.at("file"); std::filesystem::exists(fixed)) {
                check(fixed, row, true);
                ++mended;
            }
        }
    }
    if (all == 0) GTEST_SKIP() << "no corpus";
    RecordProperty("messages", static_cast<int>(all));
    RecordProperty("whole", static_cast<int>(whole));
    RecordProperty("mended", static_cast<int>(mended));
    EXPECT_EQ(all, 759U);
    EXPECT_GE(whole, 500U) << "most must be real positive cases";
}

}  // namespace
}  // namespace centrala::sip
