// Server transactions: requests in, responses out (RFC 3261 §17.2, §8.2.2.2, §9.2, §18.2).
#include "centrala/sip/retry_after.hpp"
#include "sip/id_token.hpp"
#include "sip/invite_server.hpp"
#include "sip/non_invite_server.hpp"
#include "sip/transaction_impl.hpp"

namespace centrala::sip {
namespace {

using fsm::Act;
using fsm::Event;
using fsm::State;

void append_lower(std::string& out, std::string_view text) {
    for (const char c : text) out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
}

}  // namespace

// §17.2.3. The parts are set apart by a character that none of them can hold.
std::string_view TransactionLayer::Impl::make_key(Method method) {
    const Via& via = message_.via();
    std::string& key = scratch_;
    key.clear();
    key.push_back(static_cast<char>('A' + static_cast<int>(method)));
    if (method == Method::unknown) key.append(message_.method_name());
    if (via.has_magic_cookie()) {
        key.append("\n").append(via.branch).append("\n");
        append_lower(key, via.host);
        const std::uint16_t port =
            via.port != 0 ? via.port : default_port(parse_transport(via.transport).value_or(Transport::udp));
        key.push_back(static_cast<char>(port >> 8));
        key.push_back(static_cast<char>(port & 0xff));
    } else {
        key.append("\n\n").append(message_.request_uri_text()).append("\n").append(message_.from().tag());
        key.append("\n").append(message_.call_id()).append("\n").append(std::to_string(message_.cseq().number));
        key.append("\n").append(message_.via_value());
    }
    return key;
}

std::string_view TransactionLayer::Impl::make_merge_key() {
    std::string& key = scratch_;
    key.clear();
    key.append(message_.cseq().method_name).append("\n").append(std::to_string(message_.cseq().number));
    key.append("\n").append(message_.from().tag()).append("\n").append(message_.call_id());
    return key;
}

ServerTransaction* TransactionLayer::Impl::find_server(std::string_view key) {
    return servers_.find(by_key_.find(hash(key), [&](ServerTx id) { return servers_.find(id)->key == key; }));
}

bool TransactionLayer::Impl::merged(std::string_view key, std::uint64_t hash) {
    return by_merge_key_.find(hash, [&](ServerTx id) { return servers_.find(id)->merge_key == key; }) != ServerTx{};
}

/// What belongs to calls that exist may still come in when new ones no longer may.
bool TransactionLayer::Impl::full(bool within) const {
    return servers_.size() >= limits_.server + (within ? limits_.server / 4 : 0) ||
           server_bytes_ >= limits_.server_bytes + (within ? limits_.server_bytes / 4 : 0);
}

/// Twice: the last response repeats the prefix.
std::size_t TransactionLayer::Impl::weight(const ServerTransaction& tx) {
    return 2 * tx.prefix.text.size() + tx.key.size() + tx.merge_key.size();
}

/// scratch_ holds the key.
ServerTransaction* TransactionLayer::Impl::create_server(const Flow& from, Timestamp now) {
    const ServerTx id = servers_.emplace();
    ServerTransaction& tx = *servers_.find(id);
    tx.id = id;
    tx.method = message_.method();
    tx.reliable = is_reliable(from.transport);
    tx.old_style = !message_.via().has_magic_cookie();
    const bool invite = tx.method == Method::invite;
    tx.machine = invite ? &fsm::kInviteServer : &fsm::kNonInviteServer;
    tx.state = invite ? State::proceeding : State::trying;
    tx.key = scratch_;
    tx.key_hash = hash(tx.key);
    by_key_.insert(tx.key_hash, id);
    make_prefix(message_, from, tx.prefix);
    if (!tx.prefix.has_tag) append_id_token(tx.prefix.tag, 0, random_);
    if (!invite)
        tx.lifetime = queue_.schedule(now + 64 * timers_.t1, {static_cast<std::uint64_t>(id), Event::unanswered, true});
    return &tx;
}

void TransactionLayer::Impl::answer_statelessly(const Flow& from, int status, std::string_view reason,
                                                std::string_view lines) {
    if (message_.method() == Method::ack) return;
    ResponsePrefix prefix;
    make_prefix(message_, from, prefix);
    if (!prefix.has_tag) {  // the same for each repetition (§8.2.7)
        append_hex64(prefix.tag, hash(message_.via_value()));
    }
    outbox_.write(prefix.flow, [&](std::string& out) {
        write_response(out, prefix, {status, reason, {}, lines, {}, {}});
    });
    ++stats_.sent;
}

bool TransactionLayer::Impl::let_in(const Flow& from, Timestamp now) {
    return !gate_ || let_in(from, gate_->judge(message_, from, now));
}

bool TransactionLayer::Impl::let_in(const Flow& from, const Gate::Verdict& verdict) {
    switch (verdict.kind) {
        case Gate::Verdict::Kind::pass: return true;
        case Gate::Verdict::Kind::drop: ++stats_.gate_dropped; return false;
        case Gate::Verdict::Kind::refuse: break;
    }
    ++stats_.gate_refused;
    answer_statelessly(from, verdict.status, {}, verdict.lines);
    return false;
}

Indication TransactionLayer::Impl::on_request(const Flow& from, Timestamp now) {
    if (ServerTransaction* tx = find_server(make_key(message_.method()))) {
        ++stats_.absorbed;
        return server_event(*tx, Event::request, now);
    }
    if (!let_in(from, now)) return {};
    const bool within = !message_.to().tag().empty();
    if (full(within)) {
        ++stats_.overloaded;
        answer_statelessly(from, 503, {}, kRetryAfter);
        return {};
    }
    ServerTransaction* tx = create_server(from, now);
    if (!within && !message_.from().tag().empty()) {
        const std::string_view key = make_merge_key();
        const std::uint64_t key_hash = hash(key);
        if (merged(key, key_hash)) {  // §8.2.2.2: it came twice, by different ways
            server_bytes_ += weight(*tx);
            respond(*tx, {482, {}, {}, {}, {}, {}}, now);
            return {};
        }
        tx->merge_key = key;
        tx->merge_hash = key_hash;
        by_merge_key_.insert(key_hash, tx->id);
    }
    server_bytes_ += weight(*tx);
    if (tx->method == Method::invite) {
        std::string timestamp;  // §8.2.6.1
        if (const auto value = message_.find("Timestamp"))
            timestamp.append("Timestamp: ").append(*value).append("\r\n");
        respond(*tx, {100, {}, {}, timestamp, {}, {}}, now);
    }
    return indication::Request{tx->id, &message_, from};
}

Indication TransactionLayer::Impl::on_ack(const Flow& from, Timestamp now) {
    ServerTransaction* tx = find_server(make_key(Method::invite));
    // §17.2.3: in the old style the To tag tells the ACK of a 2xx, or of another response, apart.
    if (tx && tx->old_style && message_.to().tag() != tx->prefix.tag) tx = nullptr;
    if (!tx) return indication::Ack{&message_, from};
    if (!tx->machine->find(tx->state, Event::ack)) {
        ++stats_.absorbed;
        return {};
    }
    if (server_event(*tx, Event::ack, now).index() != 0) return indication::Ack{&message_, from};
    return {};
}

// §9.2. Its own transaction answers repetitions; at the limit it is answered without.
Indication TransactionLayer::Impl::on_cancel(const Flow& from, Timestamp now) {
    if (ServerTransaction* tx = find_server(make_key(Method::cancel))) {
        ++stats_.absorbed;
        return server_event(*tx, Event::request, now);
    }
    const ServerTransaction* invite = find_server(make_key(Method::invite));
    if (!invite && !let_in(from, now)) return {};
    const int status = invite ? 200 : 481;
    if (full(true)) {
        ++stats_.overloaded;
        answer_statelessly(from, status, {}, {});
    } else {
        make_key(Method::cancel);
        ServerTransaction* tx = create_server(from, now);
        // The same tag as the INVITE's responses have, for those who look.
        if (invite && !tx->prefix.has_tag) tx->prefix.tag = invite->prefix.tag;
        server_bytes_ += weight(*tx);
        respond(*tx, {status, {}, {}, {}, {}, {}}, now);
    }
    if (invite && invite->state == State::proceeding) return indication::Cancel{invite->id, &message_};
    return {};
}

bool TransactionLayer::Impl::respond(ServerTransaction& tx, const ResponseParts& parts, Timestamp now) {
    if (!tx.machine->find(tx.state, fsm::event_of_status(parts.status))) return false;
    if (!parts.to_tag.empty() && !tx.prefix.has_tag) tx.prefix.tag = parts.to_tag;
    tx.last.clear();
    write_response(tx.last, tx.prefix, parts);
    tx.last_status = parts.status;
    server_event(tx, fsm::event_of_status(parts.status), now);
    return true;
}

Indication TransactionLayer::Impl::server_event(ServerTransaction& tx, Event event, Timestamp now) {
    const fsm::Rule* rule = tx.machine->find(tx.state, event);
    if (!rule) return {};
    tx.state = rule->to;
    Indication out;
    const auto id = static_cast<std::uint64_t>(tx.id);
    const auto live = [&](Act act, Event timer) {
        queue_.cancel(tx.lifetime);
        tx.lifetime = queue_.schedule(now + *value(act, tx.reliable), {id, timer, true});
    };
    for (const Act act : rule->acts) {
        switch (act) {
            case Act::send: send(tx.prefix.flow, tx.last, false); break;
            case Act::resend: send(tx.prefix.flow, tx.last, true); break;
            case Act::pass_up: out = indication::Ack{&message_, tx.prefix.flow}; break;
            case Act::inform_no_ack: out = indication::NoAck{tx.id}; break;
            case Act::start_g:
                if (const auto g = value(act, tx.reliable)) {
                    tx.interval = *g;
                    tx.retransmit = queue_.schedule(now + *g, {id, Event::timer_g, true});
                }
                break;
            case Act::again_g:
                tx.interval = std::min(tx.interval * 2, timers_.t2);
                tx.retransmit = queue_.schedule(now + tx.interval, {id, Event::timer_g, true});
                break;
            case Act::start_h: live(act, Event::timer_h); break;
            case Act::start_i: live(act, Event::timer_i); break;
            case Act::start_j: live(act, Event::timer_j); break;
            case Act::start_l: live(act, Event::timer_l); break;
            case Act::stop_retransmit: queue_.cancel(tx.retransmit); break;
            default: break;
        }
    }
    if (tx.state == State::terminated) erase_server(tx);
    return out;
}

void TransactionLayer::Impl::erase_server(ServerTransaction& tx) {
    queue_.cancel(tx.retransmit);
    queue_.cancel(tx.lifetime);
    by_key_.erase(tx.key_hash, tx.id);
    if (!tx.merge_key.empty()) by_merge_key_.erase(tx.merge_hash, tx.id);
    server_bytes_ -= weight(tx);
    servers_.erase(tx.id);
}

}  // namespace centrala::sip
