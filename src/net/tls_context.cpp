// TLS 1.2 and 1.3 for SIP (RFC 3261 §26.2.1, RFC 5922) and secure WebSocket: contexts by OpenSSL.
#include "net/tls_context.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "centrala/net/tls.hpp"

namespace centrala::net {
namespace {

/// Of TLS 1.2 only what is as good as 1.3: forward secrecy and authenticated encryption.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr int kSoon_days = 14;
constexpr unsigned char kSessionContext[] = "centrala";

/// The first of those that OpenSSL has piled up: the rest say where it was noticed.
std::string first_error() {
    const unsigned long code = ERR_peek_error();
    const char* text = code ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return text ? text : "unknown error";
}

/// OpenSSL's words for a missing file are no help; nobody can type a passphrase.
Error file_error(const char* what, const std::string& file) {
    std::string why = ::access(file.c_str(), R_OK) != 0 ? std::strerror(errno) : first_error();
    if (why == "interrupted or cancelled") why = "it is protected by a passphrase; store it without one";
    if (why == "no start line" || why == "unsupported") why = "there is none in it in PEM form";
    ERR_clear_error();
    return Error{std::string(what) + " " + file + ": " + why};
}

Error wrong_key(const sip::TlsOptions& options) {
    ERR_clear_error();
    return Error{"private key " + options.private_key + " is not that of certificate " + options.certificate};
}

/// That there is none, which isn't an empty one: with that, one key in 256 would seem to be opened and hold nonsense.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

}  // namespace

Result<TlsContext::Handle> TlsContext::make(const sip::TlsOptions& options, const SSL_METHOD* method) {
    ERR_clear_error();
    Handle handle(SSL_CTX_new(method));
    SSL_CTX* context = handle.get();
    if (!context) return Error{"TLS: " + first_error()};
    SSL_CTX_set_min_proto_version(context, options.only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, kCiphers12);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     // Many phones just close. Messages say how long they are: nothing is cut off.
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Idle connections hold no buffers; what waits to be written may move and grow meanwhile.
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (options.certificate.empty()) return handle;
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1)
        return file_error("certificate", options.certificate);
    if (SSL_CTX_use_PrivateKey_file(context, options.private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH)
            return file_error("private key", options.private_key);
        return wrong_key(options);
    }
    if (SSL_CTX_check_private_key(context) != 1) return wrong_key(options);  // not even of the same kind
    return handle;
}

Result<std::shared_ptr<TlsContext>> TlsContext::server(const sip::TlsOptions& options) {
    if (options.certificate.empty()) return Error{"no certificate"};
    Result<Handle> made = make(options, TLS_server_method());
    if (!made) return made.error();
    SSL_CTX* context = made->get();
    SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
    if (options.verify_client != sip::TlsOptions::VerifyClient::off) {
        const bool require = options.verify_client == sip::TlsOptions::VerifyClient::require;
        if (SSL_CTX_load_verify_locations(context, options.client_ca.c_str(), nullptr) != 1)
            return file_error("client_ca", options.client_ca);
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options.client_ca.c_str()));
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
        // A resumed session would outlive the certificate that it began with.
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context, 0);
    }
    std::shared_ptr<TlsContext> done(new TlsContext(std::move(*made), false));
    done->warnings_ = doubts_about(context, options.certificate);
    return done;
}

Result<std::shared_ptr<TlsContext>> TlsContext::client(const sip::TlsOptions& options) {
    Result<Handle> made = make(options, TLS_client_method());
    if (!made) return made.error();
    SSL_CTX* context = made->get();
    if (options.verify_server) {
        const bool loaded = options.server_ca.empty()
                                ? SSL_CTX_set_default_verify_paths(context) == 1
                                : SSL_CTX_load_verify_locations(context, options.server_ca.c_str(), nullptr) == 1;
        if (!loaded) return file_error("server_ca", options.server_ca);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    }
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(*made), options.verify_server));
}

std::vector<std::string> TlsContext::doubts_about(const SSL_CTX* context, const std::string& file) {
    const X509* certificate = SSL_CTX_get0_certificate(context);
    if (!certificate) return {};
    std::time_t soon = std::time(nullptr) + kSoon_days * 86'400;
    const ASN1_TIME* end = X509_get0_notAfter(certificate);
    if (X509_cmp_current_time(end) < 0) return {"certificate " + file + " has expired"};
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        return {"certificate " + file + " isn't valid yet"};
    if (X509_cmp_time(end, &soon) < 0)
        return {"certificate " + file + " expires in less than " + std::to_string(kSoon_days) + " days"};
    return {};
}

SslHandle TlsContext::accept() const {
    SslHandle ssl(SSL_new(handle_.get()));
    if (ssl) SSL_set_accept_state(ssl.get());
    return ssl;
}

SslHandle TlsContext::connect(const std::string& name, const IpAddress& address) const {
    SslHandle ssl(SSL_new(handle_.get()));
    if (!ssl) return ssl;
    SSL_set_connect_state(ssl.get());
    if (!name.empty()) SSL_set_tlsext_host_name(ssl.get(), name.c_str());
    if (!verify_) return ssl;
    X509_VERIFY_PARAM* check = SSL_get0_param(ssl.get());
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!name.empty())
        X509_VERIFY_PARAM_set1_host(check, name.c_str(), name.size());
    else
        X509_VERIFY_PARAM_set1_ip(check, address.bytes().data(), address.is_v4() ? 4 : 16);
    return ssl;
}

std::string handshake_failure(const SSL* ssl) {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const int reason = ERR_GET_REASON(code);
    if (code != 0 && reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return "no certificate was shown";
    if (const long verdict = SSL_get_verify_result(ssl); verdict != X509_V_OK)
        return std::string("certificate: ") + X509_verify_cert_error_string(verdict);
    if (code == 0) return "closed by the peer";
    if (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_WRONG_VERSION_NUMBER) return "no TLS";
    const char* text = ERR_reason_error_string(code);
    return text ? text : "unknown error";
}

Result<std::vector<std::string>> check_tls(const sip::TlsOptions& options) {
    const auto server = TlsContext::server(options);
    if (!server) return server.error();
    if (const auto client = TlsContext::client(options); !client) return client.error();
    return (*server)->warnings();
}

}  // namespace centrala::net
