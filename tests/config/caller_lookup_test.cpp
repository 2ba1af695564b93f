// Another system that is asked about callers: its URL, its secret, and where it is left out.
#include "support.hpp"

namespace centrala::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string with_url(const std::string& url) {
    return kListen + "caller_lookup: {url: \"" + url + "\"}\n";
}

TEST(CallerLookup, ReachesItsFields) {
    const SoundFolder folder;
    std::ofstream(folder.path("token")) << "s3cr3t\n";
    const Config c = loaded(
        kListen + "queues: {q: {}}\ncaller_lookup: {url: \"https://crm.example:8443/a/{entry_point}?c={caller}\", " +
        "token_file: " + folder.path("token") +
        ", timeout: 301ms, failures_max: 7, rest: 8s, at_once_max: 9}\n"
        "entry_points: {a: {numbers: 1, queue: q}, b: {numbers: 2, queue: q, lookup: no}}\n"
        "agents: {ann: {password: x}}\n");
    ASSERT_TRUE(c.caller_lookup);
    EXPECT_EQ(c.caller_lookup->url, "https://crm.example:8443/a/{entry_point}?c={caller}");
    EXPECT_EQ(c.caller_lookup->token, "s3cr3t");
    EXPECT_EQ(c.caller_lookup->timeout, 301ms);
    EXPECT_EQ(c.caller_lookup->failures_max, 7U);
    EXPECT_EQ(c.caller_lookup->rest, 8s);
    EXPECT_EQ(c.caller_lookup->at_once_max, 9U);
    EXPECT_TRUE(c.entry_points[0].lookup);
    EXPECT_FALSE(c.entry_points[1].lookup);
    EXPECT_THAT(c.warnings, IsEmpty());
}

TEST(CallerLookup, IsOffUnlessItIsConfigured) {
    EXPECT_FALSE(loaded(kListen).caller_lookup);
    EXPECT_THAT(warnings(kListen + "queues: {q: {}}\nentry_points: {a: {numbers: 1, queue: q, lookup: yes}}\n"
                                   "agents: {ann: {password: x}}\n"),
                ElementsAre("3: entry_points.a: lookup means nothing without caller_lookup: nobody is asked"));
}

TEST(CallerLookup, TakesUrlsOfEitherScheme) {
    for (const char* url : {"http://crm/{caller}", "https://192.0.2.7:8080?x={caller}&y={dialled}",
                            "http://[2001:db8::7]:80/{entry_point}/{caller}/%20"})
        EXPECT_THAT(problems(with_url(url)), IsEmpty()) << url;
}

TEST(CallerLookup, RefusesUrlsThatCantMeanWhatTheySay) {
    const std::string begin = "2: caller_lookup.url: ";
    const std::string host = begin + "expected host or host:port after ://, no user and no placeholder";
    const std::string escaped =
        begin + "expected other characters percent-encoded than letters, digits and -._~!$&'()*+,;=:@/?%[]";
    const std::string placeholder = begin + "unknown placeholder '";
    const std::string known = "'; known here: {caller}, {dialled}, {entry_point}";
    const std::pair<const char*, std::string> mistakes[] = {
        {"ftp://crm/{caller}", begin + "expected a URL with http:// or https://"},
        {"crm.example/{caller}", begin + "expected a URL with http:// or https://"},
        {"http:///{caller}", host},
        {"http://{caller}.example/", host},
        {"http://user:pw@crm.example/{caller}", host},
        {"http://crm.example:99999/{caller}", host},
        {"http://crm.example/{callr}", placeholder + "{callr}" + known},
        {"http://crm.example/{caller", placeholder + "{caller" + known},
        {"http://crm.example/caller}", escaped},
        {"http://crm.example/{caller} x", escaped},
        {"http://crm.example/{caller}#x", escaped},
        {"http://crm.example/\xC3\xA4{caller}", escaped},
        {"http://crm.example/", begin + "expected {caller} in it"},
    };
    for (const auto& [url, words] : mistakes) EXPECT_THAT(problems(with_url(url)), ElementsAre(words)) << url;
    EXPECT_THAT(problems(with_url("http://crm/{caller}" + std::string(1'100, 'x'))),
                ElementsAre(begin + "expected at most 1024 characters"));
    EXPECT_THAT(problems(kListen + "caller_lookup: {timeout: 1s}\n"),
                ElementsAre("2: caller_lookup: expected url: whom to ask"));
}

TEST(CallerLookup, ATokenIsOneWordInAFile) {
    const SoundFolder folder;
    const auto with_token = [&](const std::string& text) {
        std::ofstream(folder.path("token"), std::ios::binary) << text;
        return kListen + "caller_lookup: {url: \"http://crm.example/{caller}\", token_file: " + folder.path("token") +
               "}\n";
    };
    for (const char* bad : {"", "two words", "a\r\nX-Header: b", "\xC3\xA4"})
        EXPECT_THAT(problems(with_token(bad)), ElementsAre(HasSubstr("one word of visible ASCII"))) << bad;
    EXPECT_THAT(problems(kListen + "caller_lookup: {url: \"http://crm/{caller}\", token_file: /nowhere/t}\n"),
                ElementsAre(HasSubstr("no such file")));
    EXPECT_THAT(warnings(with_token("x")), ElementsAre(HasSubstr("in the clear")));
}

}  // namespace
}  // namespace centrala::config
