// Sessions over the end of the process: what is kept of them, and how the next process goes on (RFC 3261 §12).
#include "sip/id_token.hpp"
#include "sip/user_agent_impl.hpp"

namespace centrala::sip {
namespace {

/// Requests within the dialog that may have been sent since it was saved; CSeq may leave any gap (§12.2.1.1).
constexpr std::uint32_t kCseqGap = 1'000;
constexpr std::uint32_t kCseqMax = 0x7fff'ffff;  // §8.1.1.5

}  // namespace

bool UserAgent::Impl::save(const Session& s, SessionState& into) const {
    into.invite = s.invite;
    if (s.stage == Stage::invited) {
        into.dialog = {};
        into.flow = s.flow;
        into.flow.connection = 0;
        into.follows_route = into.began = false;
        into.branch.clear();
        return !s.invite.empty();
    }
    const bool calling = s.stage == Stage::calling;
    const Flow* const flow = calling ? layer_.flow(s.client_tx) : &s.flow;
    if (!flow) return false;
    into.dialog = s.dialog;
    if (calling) into.dialog.local_cseq = s.invite_cseq;
    into.flow = *flow;
    into.flow.connection = 0;
    into.follows_route = s.follows_route;
    into.began = s.began;
    into.branch = calling ? layer_.branch(s.client_tx) : std::string_view();
    return true;
}

std::optional<SessionId> UserAgent::Impl::restore(SessionState state, const Credentials* credentials) {
    // The id stands in our tag, by which the peer's requests find the session.
    const SessionId id{token_id(state.dialog.local_tag).value_or(0)};
    if (id == SessionId{} || !state.invite.empty() || state.dialog.local_cseq > kCseqMax - 2 * kCseqGap || is_full())
        return std::nullopt;
    if (!sessions_.emplace_at(id, 3 * options_.sessions)) return std::nullopt;
    Session& s = *sessions_.find(id);
    s.id = id;
    s.stage = Stage::established;
    s.dialog = std::move(state.dialog);
    s.dialog.remote_cseq.reset();  // whatever number comes next is in order
    s.flow = std::move(state.flow);
    s.flow.connection = 0;
    s.follows_route = state.follows_route;
    s.began = state.began;
    if (is_reliable(s.flow.transport)) lose_connection(s);
    if (credentials) s.auth = std::make_unique<DigestClient>(*credentials);
    if (state.branch.empty()) {
        s.dialog.local_cseq += kCseqGap;
    } else if (!resume_invite(s, state.branch)) {
        erase(s);
        return std::nullopt;
    }
    return id;
}

bool UserAgent::Impl::resume_invite(Session& s, std::string_view branch) {
    s.stage = Stage::calling;
    s.offered = true;
    s.invite_cseq = s.dialog.local_cseq;
    scratch_.clear();
    const std::string_view uri = append_route(s.dialog, scratch_);
    MessageWriter w(scratch_);
    w.header("From", s.dialog.local_party).header("To", s.dialog.remote_party).header("Call-ID", s.dialog.call_id);
    w.header("CSeq", s.invite_cseq, " INVITE");
    const auto tx = layer_.resume_invite({Method::invite, uri, scratch_, {}, {}}, s.flow, branch);
    if (!tx) return false;
    s.client_tx = *tx;
    client_owners_.set(*tx, {Owner::Kind::invite, s.id, {}});
    return true;
}

}  // namespace centrala::sip
