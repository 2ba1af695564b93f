// TLS over a Client's socket, without blocking: OpenSSL as a phone would use it.
#pragma once

#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/certificates.hpp"
#include "net/loopback.hpp"

namespace centrala::net::test {

class TlsClient {
public:
    struct Options {
        const Certificates::Pair* certificate = nullptr;
        int version_max = TLS1_3_VERSION;
        bool server = false;  ///< the other end of a connection that the host opens
        const char* ciphers12 = nullptr;
        std::string authority = {};  ///< verify the peer, whoever it is
    };
    TlsClient(Client socket, const Options& options)
        : socket_(std::move(socket)),
          context_(SSL_CTX_new(options.server ? TLS_server_method() : TLS_client_method()), SSL_CTX_free) {
        SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_.get(), options.version_max);
        SSL_CTX_set_security_level(context_.get(), 0);  // old versions are tried, too
        if (options.ciphers12) SSL_CTX_set_cipher_list(context_.get(), options.ciphers12);
        if (options.certificate) {
            EXPECT_EQ(SSL_CTX_use_certificate_file(context_.get(), options.certificate->certificate.c_str(),
                                                   SSL_FILETYPE_PEM),
                      1);
            EXPECT_EQ(
                SSL_CTX_use_PrivateKey_file(context_.get(), options.certificate->private_key.c_str(), SSL_FILETYPE_PEM),
                1);
        }
        if (!options.authority.empty()) {
            EXPECT_EQ(SSL_CTX_load_verify_locations(context_.get(), options.authority.c_str(), nullptr), 1);
            SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        }
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), socket_.fd());
        options.server ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
    }

    enum class Shaken { not_yet, done, failed };
    /// To be repeated while the host's loop runs.
    Shaken shake_hands() {
        ERR_clear_error();
        const int answer = SSL_do_handshake(ssl_.get());
        if (answer == 1) return Shaken::done;
        const int error = SSL_get_error(ssl_.get(), answer);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Shaken::not_yet : Shaken::failed;
    }
    void write(std::string_view bytes) {
        EXPECT_EQ(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
    }
    /// Adds what is there now; true once the peer has closed.
    bool read_into(std::string& into) {
        char buffer[16'384];
        for (;;) {
            ERR_clear_error();
            const int n = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (n > 0) {
                into.append(buffer, static_cast<std::size_t>(n));
                continue;
            }
            const int error = SSL_get_error(ssl_.get(), n);
            return error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
        }
    }
    /// close_notify, and no byte more; reading goes on.
    void finish_sending() { SSL_shutdown(ssl_.get()); }

    /// The name in the certificate that the peer has shown.
    [[nodiscard]] std::string peer_name() const {
        X509* x = SSL_get1_peer_certificate(ssl_.get());
        if (!x) return {};
        char name[256] = {};
        X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, sizeof name);
        X509_free(x);
        return name;
    }
    [[nodiscard]] std::string asked_name() const {
        const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
        return name ? name : "";
    }
    [[nodiscard]] int version() const { return SSL_version(ssl_.get()); }
    [[nodiscard]] const Client& socket() const { return socket_; }

private:
    Client socket_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
};

}  // namespace centrala::net::test
