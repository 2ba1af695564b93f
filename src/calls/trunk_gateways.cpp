// Where trunks' gateways are.
#include "server_impl.hpp"

namespace centrala::calls {

void Server::Impl::open_trunks() {
    for (std::size_t i = 0; i < config_.trunks.size(); ++i)
        for (std::size_t g = 0; g < config_.trunks[i].gateways.size(); ++g) {
            const auto uri = sip::parse_uri(config_.trunks[i].gateways[g].uri);
            const auto flow = uri ? flow_to(*uri) : std::nullopt;
            if (flow) trunks_[i].gateways[g].flows = {*flow};
        }
}

}  // namespace centrala::calls
