// A configuration that is read while a server runs on another one.
#pragma once

#include <string>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/config/config.hpp"

namespace centrala::config {

struct Reload {
    std::vector<routing::AgentId> added;  ///< agents
    bool caller_lookup = false;           ///< is another one, is there now or no longer is
    std::vector<std::string> changes;     ///< for people: "agent bob is added", "queue sales is changed"
    std::vector<std::string> waiting;     ///< sections that differ and count at the next start: "sip", "trunks"
};

/// Makes `running`, what the server runs on, say what `read`, which comes from load(), says. Ids mean what they meant;
/// what is no longer in the file stays, retired (routing::Plan), with no number, no phone and no credentials. Sections
/// that can't change while the server runs stay as they are and where they are in memory; without `changes` all do.
/// Error: too many names have come and gone since the start; nothing is changed.
Result<Reload> reload(Config& running, Config read);

}  // namespace centrala::config
