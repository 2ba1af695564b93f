// TLS on loopback: versions, certificates on both sides, reload, handshakes that stall, and what TCP's tests see, too.
#include "centrala/net/tls.hpp"

#include <gmock/gmock.h>

#include "net/tls_client.hpp"

namespace centrala::net::test {
namespace {

using namespace std::chrono_literals;
using sip::TlsOptions;
using sip::Transport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Shaken = TlsClient::Shaken;

struct Tls : testing::Test {
    Certificates certificates;
    Certificates::Pair ours = certificates.make("server", {"centrala.test"});
    SocketLimits limits;
    TlsOptions options;
    std::optional<Host> host;
    Endpoint at;

    Tls() {
        options.certificate = ours.certificate;
        options.private_key = ours.private_key;
        options.client_ca = certificates.authority();
        options.server_ca = certificates.authority();
    }
    void begin(Transport transport = Transport::tls) {
        host.emplace(limits);
        ListenOptions listen{transport, {kLoopback, 0}, {}, options, {}};
        const auto bound = host->sockets.listen(listen);
        ASSERT_TRUE(bound.ok()) << bound.error().message;
        at = *bound;
        ASSERT_TRUE(host->sockets.use_for_outgoing_tls(options).ok());
        host->sockets.start();
    }
    Shaken shake(TlsClient& client) {
        Shaken shaken = Shaken::not_yet;
        EXPECT_TRUE(host->until([&] { return (shaken = client.shake_hands()) != Shaken::not_yet; }));
        return shaken;
    }
    std::unique_ptr<TlsClient> connected(const TlsClient::Options& with = {}) {
        auto client = std::make_unique<TlsClient>(Client::connected(at), with);
        EXPECT_EQ(shake(*client), Shaken::done);
        return client;
    }
    std::string read_all_of(TlsClient& client, std::size_t size) {
        std::string got;
        EXPECT_TRUE(host->until([&] { return client.read_into(got) || got.size() >= size; })) << got.size();
        return got;
    }
    /// A client that the host must send away; what the host says of it.
    std::string refusal(const TlsClient::Options& with) {
        TlsClient client(Client::connected(at), with);
        std::string ignored;
        // By TLS 1.3 a client may think that all is well until it reads.
        EXPECT_TRUE(host->until([&] {
            const Shaken shaken = client.shake_hands();
            return shaken == Shaken::failed || (shaken == Shaken::done && client.read_into(ignored));
        }));
        EXPECT_TRUE(host->until([&] { return !host->refusals.empty(); }));
        return host->refusals.empty() ? "" : host->refusals.back();
    }
};

TEST_F(Tls, CarriesMessagesInBothDirections) {
    begin();
    const auto client = connected({.authority = certificates.authority()});
    EXPECT_EQ(client->version(), TLS1_3_VERSION);
    client->write(options_request("1", "body"));
    EXPECT_EQ(read_all_of(*client, options_request("1", "body").size()), options_request("1", "body"));
    EXPECT_EQ(host->flows[0].transport, Transport::tls);
    EXPECT_EQ(host->flows[0].remote, client->socket().local());
    EXPECT_EQ(host->sockets.stats().tls_handshakes, 1u);
    EXPECT_THAT(host->refusals, IsEmpty());
}

TEST_F(Tls, Speaks12WithForwardSecrecyOnlyAndNothingOlder) {
    begin();
    EXPECT_EQ(connected({.version_max = TLS1_2_VERSION})->version(), TLS1_2_VERSION);
    EXPECT_EQ(refusal({.version_max = TLS1_1_VERSION}), "unsupported protocol");
    EXPECT_EQ(refusal({.version_max = TLS1_2_VERSION, .ciphers12 = "AES128-SHA"}), "no shared cipher");
    EXPECT_EQ(host->sockets.stats().tls_failed, 2u);
}

TEST_F(Tls, MayDemandTheLatestVersion) {
    options.only_1_3 = true;
    begin();
    EXPECT_EQ(connected()->version(), TLS1_3_VERSION);
    EXPECT_EQ(refusal({.version_max = TLS1_2_VERSION}), "unsupported protocol");
}

TEST_F(Tls, FindsMessagesHoweverTheRecordsAreCut) {
    begin();
    const std::string a = options_request("a", std::string(40'000, 'a')), b = options_request("b");
    const std::string all = a + "\r\n" + b;
    for (const std::size_t piece : {std::size_t{100}, std::size_t{16'384}, all.size()}) {
        host->messages.clear();
        const auto client = connected();
        for (std::size_t i = 0; i < all.size(); i += piece) {
            client->write(std::string_view(all).substr(i, piece));
            host->io.poll();
        }
        ASSERT_TRUE(host->until([&] { return host->messages.size() == 2; })) << piece;
        EXPECT_THAT(host->messages, ElementsAre(a, b)) << piece;
    }
}

TEST_F(Tls, AnswersPings) {
    begin();
    const auto client = connected();
    client->write("\r\n\r\n");
    EXPECT_EQ(read_all_of(*client, 2), "\r\n");
}

TEST_F(Tls, DemandsAClientsCertificateWhereItIsToldTo) {
    options.verify_client = TlsOptions::VerifyClient::require;
    begin();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SCOPED_TRACE(version);
        const auto good = certificates.make("phone", {"phone"});
        connected({.certificate = &good, .version_max = version});
        EXPECT_EQ(refusal({.version_max = version}), "no certificate was shown");
        const auto expired = certificates.make("old", {"old", "DNS:old", -200'000, -100'000});
        EXPECT_EQ(refusal({.certificate = &expired, .version_max = version}), "certificate: certificate has expired");
        const auto early = certificates.make("early", {"early", "DNS:early", 100'000, 200'000});
        EXPECT_EQ(refusal({.certificate = &early, .version_max = version}),
                  "certificate: certificate is not yet valid");
        const auto own = certificates.make("own", {"own"}, false);
        EXPECT_THAT(refusal({.certificate = &own, .version_max = version}), HasSubstr("self-signed certificate"));
    }
    EXPECT_EQ(host->sockets.stats().tls_failed, 8u);
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 0; }));
}

TEST_F(Tls, TakesNoCertificateWhereItIsOptionalButNoBadOne) {
    options.verify_client = TlsOptions::VerifyClient::optional;
    begin();
    connected();
    const auto own = certificates.make("own", {"own"}, false);
    EXPECT_THAT(refusal({.certificate = &own}), HasSubstr("self-signed certificate"));
}

TEST_F(Tls, EndsAConnectionThatSpeaksNoTls) {
    begin();
    const Client client = Client::connected(at);
    client.write("OPTIONS sip:a@example.com SIP/2.0\r\n\r\n");
    std::string ignored;
    EXPECT_TRUE(host->until([&] { return client.read_into(ignored); }));
    EXPECT_TRUE(host->until([&] { return !host->refusals.empty(); }));
    EXPECT_THAT(host->refusals, ElementsAre("no TLS"));
    EXPECT_THAT(host->messages, IsEmpty());
}

TEST_F(Tls, EndsAHandshakeThatTakesTooLong) {
    limits.handshake_timeout = 100ms;
    begin();
    const Client silent = Client::connected(at);
    const Client dripping = Client::connected(at);
    dripping.write("\x16\x03\x01");
    std::string ignored;
    EXPECT_TRUE(host->until([&] { return silent.read_into(ignored) && dripping.read_into(ignored); }));
    EXPECT_TRUE(host->until([&] { return host->refusals.size() == 2; }));
    EXPECT_THAT(host->refusals, ElementsAre("timeout", "timeout"));
    EXPECT_EQ(host->sockets.stats().tcp_open, 0u);
}

TEST_F(Tls, BoundsTheHandshakesUnderWay) {
    limits.handshakes = 3;
    begin();
    std::vector<Client> stalled;
    for (int i = 0; i < 3; ++i) stalled.push_back(Client::connected(at));
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 3; }));
    const Client one_more = Client::connected(at);
    std::string ignored;
    EXPECT_TRUE(host->until([&] { return one_more.read_into(ignored); }));
    EXPECT_EQ(host->sockets.stats().tcp_refused, 1u);
    stalled.pop_back();
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 2; }));
    connected();  // what has ended counts no more
}

TEST_F(Tls, BoundsTheHandshakesOfOneSource) {
    limits.source_handshakes = 2;
    limits.tcp_linger = 30ms;
    begin();
    const auto done = connected();
    std::vector<Client> stalled;
    for (int i = 0; i < 2; ++i) stalled.push_back(Client::connected(at));
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 3; }));
    const Client one_more = Client::connected(at);
    std::string ignored;
    EXPECT_TRUE(host->until([&] { return one_more.read_into(ignored); }));
    EXPECT_THAT(host->refusals, ElementsAre("source_handshakes"));
    stalled.clear();
    ASSERT_TRUE(host->until([&] { return host->sockets.stats().tcp_open == 1; }));
    connected();
}

TEST_F(Tls, AnswersAPeerThatHasSaidItsLast) {
    begin();
    const auto client = connected();
    host->echo = false;
    client->write(options_request("last words"));
    client->finish_sending();
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    host->send(host->flows[0], options_request("answer"));
    EXPECT_EQ(read_all_of(*client, options_request("answer").size()), options_request("answer"));
}

TEST_F(Tls, CutsOffAPeerThatDoesNotRead) {
    limits.tcp_write_queue_bytes = 100'000;
    begin();
    const auto client = connected();
    host->echo = false;
    client->write(options_request("hello"));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    const std::string long_one = options_request("x", std::string(50'000, 'x'));
    EXPECT_TRUE(host->until([&] {
        host->send(host->flows[0], long_one);
        return host->sockets.stats().tcp_broken == 1;
    }));
}

TEST_F(Tls, LoadsANewCertificateWithoutTouchingConnections) {
    begin();
    const auto before = connected();
    EXPECT_EQ(before->peer_name(), "centrala.test");
    certificates.make("server", {"renewed.test"});
    const auto reloaded = host->sockets.reload_certificates();
    ASSERT_EQ(reloaded.size(), 1u);
    EXPECT_EQ(reloaded[0].error, "");
    EXPECT_EQ(reloaded[0].what, "tls " + at.to_string());
    EXPECT_EQ(connected()->peer_name(), "renewed.test");
    before->write(options_request("still here"));
    EXPECT_EQ(read_all_of(*before, options_request("still here").size()), options_request("still here"));
}

TEST_F(Tls, KeepsTheOldCertificateWhenTheNewOneIsBad) {
    begin();
    certificates.write("server.pem", [](FILE* f) { std::fputs("no certificate\n", f); });
    const auto reloaded = host->sockets.reload_certificates();
    ASSERT_FALSE(reloaded.empty());
    EXPECT_THAT(reloaded[0].error, HasSubstr("server.pem: there is none in it in PEM form"));
    EXPECT_EQ(connected()->peer_name(), "centrala.test");
}

TEST_F(Tls, SendsRequestsOverTheConnectionThatThePhoneOpened) {
    begin();
    const auto phone = connected();
    phone->write(options_request("register"));
    read_all_of(*phone, options_request("register").size());
    host->send({Transport::tls, at, phone->socket().local(), 0}, options_request("by address"));
    EXPECT_EQ(read_all_of(*phone, options_request("by address").size()), options_request("by address"));
    EXPECT_EQ(host->sockets.stats().tcp_connected, 0u);
    // The same address by another transport is another peer (RFC 5923 §5).
    host->send({Transport::tcp, at, phone->socket().local(), 0}, options_request("plain"));
    EXPECT_EQ(host->sockets.stats().tcp_open, 2u);
}

struct OutgoingTls : Tls {
    Server server;
    std::string domain;  ///< by which the server was found
    /// What the host's connection makes of a server with that certificate.
    Shaken meet(const Certificates::Pair& theirs, std::unique_ptr<TlsClient>& peer) {
        host->send({Transport::tls, at, server.at(), 0, domain}, options_request("out"));
        std::optional<Client> accepted;
        EXPECT_TRUE(host->until([&] { return (accepted = server.accept()).has_value(); }));
        peer = std::make_unique<TlsClient>(std::move(*accepted),
                                           TlsClient::Options{.certificate = &theirs, .server = true});
        return shake(*peer);
    }
};

TEST_F(OutgoingTls, ReachesAServerWhoseCertificateIsForItsAddress) {
    begin();
    std::unique_ptr<TlsClient> peer;
    ASSERT_EQ(meet(certificates.make("theirs", {"theirs"}), peer), Shaken::done);
    EXPECT_EQ(read_all_of(*peer, options_request("out").size()), options_request("out"));
    peer->write(options_request("back"));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    EXPECT_EQ(host->flows[0].remote, server.at());
}

TEST_F(OutgoingTls, AsksForTheServersNameAndChecksIt) {
    begin();
    domain = "sip.provider.test";
    std::unique_ptr<TlsClient> peer;
    ASSERT_EQ(meet(certificates.make("theirs", {"x", "DNS:sip.provider.test"}), peer), Shaken::done);
    EXPECT_EQ(peer->asked_name(), "sip.provider.test");
    EXPECT_EQ(read_all_of(*peer, options_request("out").size()), options_request("out"));
    // What comes over it is said to come from the one that was found by that name.
    peer->write(options_request("back"));
    ASSERT_TRUE(host->until([&] { return host->messages.size() == 1; }));
    EXPECT_EQ(host->flows[0].domain, "sip.provider.test");
}

TEST_F(OutgoingTls, DoesNotTakeOneDomainsConnectionForAnothers) {
    begin();
    const auto theirs = certificates.make("theirs", {"x", "DNS:one.test,DNS:two.test"});
    std::unique_ptr<TlsClient> first, second, again;
    domain = "one.test";
    ASSERT_EQ(meet(theirs, first), Shaken::done);
    domain = "two.test";
    ASSERT_EQ(meet(theirs, second), Shaken::done) << "a connection of its own";
    EXPECT_EQ(second->asked_name(), "two.test");
    host->send({Transport::tls, at, server.at(), 0, "one.test"}, options_request("once more"));
    EXPECT_EQ(host->sockets.stats().tcp_connected, 2u) << "each goes on being used";
}

TEST_F(OutgoingTls, TurnsAwayFromAServerThatIsAnother) {
    begin();
    domain = "sip.provider.test";
    std::unique_ptr<TlsClient> peer;
    meet(certificates.make("theirs", {"sip.evil.test", "DNS:sip.evil.test"}), peer);
    ASSERT_TRUE(host->until([&] { return !host->failures.empty(); }));
    EXPECT_EQ(host->failures[0].transport, Transport::tls);
    EXPECT_EQ(host->failures[0].remote, server.at());
    EXPECT_THAT(host->refusals, ElementsAre("certificate: hostname mismatch"));
    std::string got;
    peer->read_into(got);
    EXPECT_EQ(got, "");
}

TEST_F(OutgoingTls, TurnsAwayFromAServerThatNobodyVouchesFor) {
    begin();
    std::unique_ptr<TlsClient> peer;
    meet(certificates.make("theirs", {"theirs"}, false), peer);
    ASSERT_TRUE(host->until([&] { return !host->failures.empty(); }));
    EXPECT_THAT(host->refusals, ElementsAre(HasSubstr("self-signed certificate")));
}

TEST_F(OutgoingTls, BelievesAnyServerWhenToldTo) {
    options.verify_server = false;
    begin();
    std::unique_ptr<TlsClient> peer;
    EXPECT_EQ(meet(certificates.make("theirs", {"theirs"}, false), peer), Shaken::done);
}

struct TlsCheck : testing::Test {
    Certificates certificates;
    TlsOptions options;
    TlsCheck() { use(certificates.make("server", {"centrala.test"})); }
    void use(const Certificates::Pair& pair) {
        options.certificate = pair.certificate;
        options.private_key = pair.private_key;
    }
    std::string error() {
        const auto checked = check_tls(options);
        return checked ? "" : checked.error().message;
    }
    std::vector<std::string> warnings() {
        const auto checked = check_tls(options);
        EXPECT_TRUE(checked.ok());
        return checked ? *checked : std::vector<std::string>();
    }
};

TEST_F(TlsCheck, FindsNothingWrongWithAGoodCertificate) {
    EXPECT_EQ(error(), "");
    EXPECT_THAT(warnings(), IsEmpty());
}

TEST_F(TlsCheck, NamesTheFileThatCannotBeRead) {
    options.certificate = certificates.path("nowhere.pem");
    EXPECT_EQ(error(), "certificate " + options.certificate + ": No such file or directory");
    use(certificates.make("server", {"centrala.test"}));
    options.private_key = certificates.path("nowhere.key");
    EXPECT_EQ(error(), "private key " + options.private_key + ": No such file or directory");
    use(certificates.make("server", {"centrala.test"}));
    options.server_ca = certificates.path("nowhere.pem");
    EXPECT_EQ(error(), "server_ca " + options.server_ca + ": No such file or directory");
}

TEST_F(TlsCheck, SeesAKeyOfAnotherCertificate) {
    options.private_key = certificates.make("other", {"other"}).private_key;
    EXPECT_EQ(error(), "private key " + options.private_key + " is not that of certificate " + options.certificate);
    options.private_key = options.certificate;
    EXPECT_EQ(error(), "private key " + options.private_key + ": there is none in it in PEM form");
}

/// An empty passphrase opens it, and what comes out ends as if it were the right one.
constexpr const char kOpenedByAnEmptyPassphrase[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-256-CBC,4550456233DAFE8F421230C1D7EE4233\n"
    "\n"
    "TrYf8dpDGlDrs+0PBG5c+OpWFJVv8vSH923hkUhoWnBU8JeeTsIGKpTXSQvJh00/\n"
    "dbn2wZihqYkOQr+TwCFEr1fmthXtf2yI4zUss0x9CycnKxHHHhMv6D+ZpViSTOpc\n"
    "D8rRqjPvb1gyAs/x/QIKcj2sXUq9XXXkMIHkxPiDO/w=\n"
    "-----END EC PRIVATE KEY-----\n";

TEST_F(TlsCheck, SeesAKeyThatWantsAPassphrase) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    certificates.write("server.key", [&](FILE* f) {
        PEM_write_PKCS8PrivateKey(f, key, EVP_aes_256_cbc(), "secret", 6, nullptr, nullptr);
    });
    EVP_PKEY_free(key);
    const std::string expected =
        "private key " + options.private_key + ": it is protected by a passphrase; store it without one";
    EXPECT_EQ(error(), expected);
    certificates.write("server.key", [&](FILE* f) { std::fputs(kOpenedByAnEmptyPassphrase, f); });
    EXPECT_EQ(error(), expected);
}

TEST_F(TlsCheck, WarnsOfACertificateOutOfItsTime) {
    use(certificates.make("server", {"x", "DNS:x", -200'000, -100'000}));
    EXPECT_THAT(warnings(), ElementsAre("certificate " + options.certificate + " has expired"));
    use(certificates.make("server", {"x", "DNS:x", 100'000, 200'000}));
    EXPECT_THAT(warnings(), ElementsAre("certificate " + options.certificate + " isn't valid yet"));
    use(certificates.make("server", {"x", "DNS:x", -3'600, 5 * 86'400}));
    EXPECT_THAT(warnings(), ElementsAre("certificate " + options.certificate + " expires in less than 14 days"));
}

}  // namespace
}  // namespace centrala::net::test
