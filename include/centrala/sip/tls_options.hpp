// What TLS shows to peers and demands of them: plain data of the configuration, acted on by net.
#pragma once

#include <cstdint>
#include <string>

namespace centrala::sip {

/// All files are PEM.
struct TlsOptions {
    enum class VerifyClient : std::uint8_t { off, optional, require };

    std::string certificate;  ///< ours, then its chain
    std::string private_key;  ///< of `certificate`; without a passphrase
    std::string client_ca;    ///< who may have signed the certificates of those who connect to us
    VerifyClient verify_client = VerifyClient::off;  ///< optional: a certificate that is shown must be good
    std::string server_ca;      ///< who may have signed those of servers that we connect to; "": the system's store
    bool verify_server = true;  ///< that, and that the certificate is for the name or address connected to
    bool only_1_3 = false;      ///< else TLS 1.2 and 1.3

    bool operator==(const TlsOptions&) const = default;
};

}  // namespace centrala::sip
