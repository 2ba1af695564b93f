// Looking at certificates without serving them: for `centrala check`, and before a reload.
#pragma once

#include <string>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/sip/tls_options.hpp"

namespace centrala::net {

/// Loads what a listener would. The result: what will give trouble though it works now (expired, expires soon).
/// Error: why the listener couldn't start: a file can't be read, the key isn't the certificate's.
[[nodiscard]] Result<std::vector<std::string>> check_tls(const sip::TlsOptions& options);

}  // namespace centrala::net
