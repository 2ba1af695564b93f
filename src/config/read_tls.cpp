// Section tls, and what a listener of sip.listen says differently.
#include <array>

#include "draft.hpp"

namespace centrala::config {
namespace {

using VerifyClient = sip::TlsOptions::VerifyClient;
constexpr std::array<std::pair<std::string_view, VerifyClient>, 3> kVerifyClient{
    {{"off", VerifyClient::off}, {"optional", VerifyClient::optional}, {"require", VerifyClient::require}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> kVersions{{{"1.2", false}, {"1.3", true}}};

/// Whether the file can be used is seen by those who load it: `centrala check`, the daemon.
void read_file(Draft& draft, Section& s, std::string_view key, std::string& into) {
    s.text(key, into, "the path of a PEM file", is_path);
    if (s.has(key) && !into.empty()) into = resolved(into, draft.folder);
}

}  // namespace

void read_certificate(Draft& draft, Section& s, sip::TlsOptions& tls) {
    if (s.has("certificate") != s.has("private_key"))
        draft.context.problem(s.line_of(s.has("certificate") ? "certificate" : "private_key"), s.path(),
                              "expected certificate and private_key together");
    read_file(draft, s, "certificate", tls.certificate);
    read_file(draft, s, "private_key", tls.private_key);
    read_file(draft, s, "client_ca", tls.client_ca);
    s.word<VerifyClient>("verify_client", tls.verify_client, kVerifyClient);
    if (tls.verify_client != VerifyClient::off && tls.client_ca.empty())
        draft.context.problem(s.line_of("verify_client"), s.path(),
                              "expected client_ca: who signs the certificates that clients show");
}

void read_tls(Draft& draft, Section& root) {
    Section s(draft.context, root.take("tls"), "tls");
    sip::TlsOptions& tls = draft.config.sip.tls;
    read_certificate(draft, s, tls);
    read_file(draft, s, "server_ca", tls.server_ca);
    s.boolean("verify_server", tls.verify_server);
    s.word<bool>("minimum_version", tls.only_1_3, kVersions);
    s.finish();
}

}  // namespace centrala::config
