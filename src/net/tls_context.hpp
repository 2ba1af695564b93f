// OpenSSL's contexts, loaded from files, and the sessions made from them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "centrala/base/endpoint.hpp"
#include "centrala/base/result.hpp"
#include "centrala/sip/tls_options.hpp"

namespace centrala::net {

struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslHandle = std::unique_ptr<SSL, SslDeleter>;

/// Immutable: a reload makes another one, and sessions keep the one they were made from.
class TlsContext {
public:
    /// For those who connect to us: needs a certificate.
    static Result<std::shared_ptr<TlsContext>> server(const sip::TlsOptions& options);
    /// For those we connect to: the certificate, if there is one, is shown when it is asked for.
    static Result<std::shared_ptr<TlsContext>> client(const sip::TlsOptions& options);

    /// nullptr: out of memory.
    [[nodiscard]] SslHandle accept() const;
    /// `name`: of the server, for SNI and the check of its certificate (RFC 5922 §4); "": its address is checked.
    [[nodiscard]] SslHandle connect(const std::string& name, const IpAddress& address) const;

    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

private:
    using Handle = std::unique_ptr<SSL_CTX, SslDeleter>;
    TlsContext(Handle handle, bool verify) : handle_(std::move(handle)), verify_(verify) {}
    static Result<Handle> make(const sip::TlsOptions& options, const SSL_METHOD* method);
    static std::vector<std::string> doubts_about(const SSL_CTX* context, const std::string& file);

    Handle handle_;
    bool verify_;  ///< client: the server
    std::vector<std::string> warnings_;
};

/// Why a handshake failed, for people; `ssl` is the one that did, in the same thread just before.
[[nodiscard]] std::string handshake_failure(const SSL* ssl);

}  // namespace centrala::net
