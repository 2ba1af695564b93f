// REFER from agents' phones (RFC 3515, RFC 5589): checked, answered, told by NOTIFY how it went.
#include <algorithm>

#include "replaces.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

/// What a Refer-To asks for.
struct Target {
    int refused = 0;  ///< a status: it can't be followed
    std::string number;
    std::optional<Replaces> replaces;
};

/// Headers in the URI would be put into our INVITE: only Replaces is understood, nothing else may be smuggled in.
void read_headers(std::string_view headers, Target& target) {
    while (const auto header = sip::next_item(headers, '&')) {
        const auto equals = header->find('=');
        const auto name = header->substr(0, equals);
        const std::string value =
            equals == std::string_view::npos ? std::string() : sip::unescape(header->substr(equals + 1));
        if (sip::iequals(name, "Require") && sip::iequals(value, "replaces")) continue;
        if (!sip::iequals(name, "Replaces") || target.replaces) {
            target.refused = 403;
            return;
        }
        target.replaces = parse_replaces(value);
        if (!target.replaces) target.refused = 400;
    }
}

/// The host doesn't matter: whatever it names, the number is dialled here, so that nobody sends calls elsewhere.
Target read_refer_to(const sip::Message& refer) {
    Target target;
    int count = 0;
    std::string_view value;
    for (const sip::Header& header : refer.headers())
        if (header.id == sip::HeaderId::refer_to) ++count, value = header.value;
    const auto address = count == 1 ? sip::parse_name_addr(value) : std::nullopt;
    if (!address) {
        target.refused = 400;  // exactly one (RFC 3515 §2.4.2)
        return target;
    }
    if (!address->uri.is_sip() && !sip::iequals(address->uri.scheme, "tel")) {
        target.refused = 416;
        return target;
    }
    if (const auto method = address->uri.parameter("method"); method && *method != "INVITE") target.refused = 403;
    target.number = number_of(address->uri);
    read_headers(address->uri.headers, target);
    return target;
}

std::string limited(std::string_view text) {
    return std::string(text.substr(0, 256));
}

}  // namespace

void Server::Impl::on_refer(const sip::ua::Requested& event, Timestamp now) {
    const sip::Message& request = *event.request;
    const auto respond = [&](int status, std::string_view lines = {}) {
        ua_.respond(event.tx, sip::plain_response(status, lines), now);
    };
    const auto agent = referring_agent(event.session);
    if (!agent) {
        // A caller who could send calls on would do it at our cost.
        security_.report("security.transfer_refused", event.flow, "REFER", request.from().uri.user, "not_an_agent",
                         now);
        return respond(403);
    }
    const Target target = read_refer_to(request);
    if (target.refused == 403)
        security_.report("security.transfer_refused", event.flow, "REFER", core_.plan().agents[index(*agent)].name,
                         "refer_to", now);
    if (target.refused != 0) return respond(target.refused);
    if (departing_.contains(event.session)) return respond(491);  // the first one is under way
    const auto found = sessions_.find(event.session);
    const auto* leg = std::get_if<AgentRef>(&found->second);
    Call* call = leg ? find_call(leg->contact) : nullptr;
    const auto about = leg ? std::optional(leg->contact) : std::nullopt;
    const std::string referred_by(request.find(sip::HeaderId::referred_by).value_or(""));
    const Destination to = target.replaces ? Destination{} : dial_plan_.destination(target.number);
    const auto* direct = std::get_if<DirectRef>(&found->second);
    DirectCall* own = direct ? find_direct(direct->call) : nullptr;
    if (!target.replaces && !call && !own) return respond(403);  // who calls a queue isn't handed on by itself
    if (!target.replaces && to.kind != Destination::Kind::nowhere && !may_transfer(*agent, to)) {
        security_.report("security.transfer_refused", event.flow, "REFER", core_.plan().agents[index(*agent)].name,
                         "not_allowed", now);
        tell_transfer_asked(*agent, about, "refer", target.number, referred_by, 403, now);
        return respond(403);
    }

    const bool silent = [&] {  // RFC 4488 §4: no subscription wanted
        const auto wish = request.find("Refer-Sub");
        return wish && sip::iequals(*wish, "false");
    }();
    respond(202, silent ? "Refer-Sub: false\r\n" : std::string_view());
    Refer refer{event.session, request.cseq().number, silent, false};
    int status = 481;
    if (target.replaces) {
        const auto replaced = ua_.find(target.replaces->call_id, target.replaces->to_tag, target.replaces->from_tag);
        if (replaced) status = connect_dialogs(*agent, replaced->session, event.flow, refer, now);
    } else {
        status = call ? transfer_blind(*call, to, &refer, now) : hand_on(*own, direct->is_caller, to, &refer, now);
    }
    tell_transfer_asked(*agent, about, "refer", target.number, referred_by, status, now);
    if (!refer.told) notify(refer, status, now);
}

/// The agent whose own leg this is; callers have none.
std::optional<routing::AgentId> Server::Impl::referring_agent(sip::SessionId session) {
    if (const auto departing = departing_.find(session); departing != departing_.end()) return departing->second.agent;
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return std::nullopt;
    if (std::holds_alternative<AgentRef>(found->second)) {
        if (const Call* call = talking_over(session)) return call->talking_to;
    } else if (const auto* caller = std::get_if<CallerRef>(&found->second)) {
        if (const Call* call = find_call(caller->contact)) return call->calling_agent;
    } else if (const auto* direct = std::get_if<DirectRef>(&found->second)) {
        if (const DirectCall* call = find_direct(direct->call)) return direct->is_caller ? call->calling : call->callee;
    }
    return std::nullopt;
}

/// Two dialogs of one agent: the far ends are connected. One with a caller from a queue and the other a consultation,
/// in either order, or both calls of the agent's own.
int Server::Impl::connect_dialogs(routing::AgentId agent, sip::SessionId other, const sip::Flow& flow, Refer& refer,
                                  Timestamp now) {
    const sip::SessionId one = refer.session;
    if (referring_agent(one) != agent || referring_agent(other) != agent || one == other) {
        security_.report("security.transfer_refused", flow, "REFER", core_.plan().agents[index(agent)].name,
                         "replaces_of_another", now);
        return 403;
    }
    for (const auto& [with_caller, consultation] : {std::pair{one, other}, std::pair{other, one}}) {
        const auto first = sessions_.find(with_caller), second = sessions_.find(consultation);
        if (first == sessions_.end() || second == sessions_.end()) return 481;
        const auto* leg = std::get_if<AgentRef>(&first->second);
        Call* call = leg ? find_call(leg->contact) : nullptr;
        if (!call) continue;
        if (const auto* direct = std::get_if<DirectRef>(&second->second); direct && direct->is_caller) {
            const DirectCall* consulted = find_direct(direct->call);
            Destination to;
            to.kind = consulted->callee ? Destination::Kind::agent : Destination::Kind::outside;
            to.number = consulted->to;
            if (!may_transfer(agent, to)) return 403;
            return transfer_attended(*call, direct->call, &refer, now);
        }
        if (const auto* queued = std::get_if<CallerRef>(&second->second)) {
            if (!group_of(agent).transfer_queues) return 403;
            return transfer_merged(*call, queued->contact, refer, now);
        }
    }
    const SessionRef a = sessions_.at(one), b = sessions_.at(other);
    const auto *own = std::get_if<DirectRef>(&a), *second = std::get_if<DirectRef>(&b);
    if (own && second) return join_calls(agent, *own, *second, refer, now);
    const auto* queued = std::get_if<CallerRef>(own ? &b : &a);
    if ((own || second) && queued)
        return join_queue_call(agent, own ? *own : *second, *find_call(queued->contact), refer, now);
    return 603;
}

/// RFC 3515 §2.4.5: one NOTIFY with the outcome ends the subscription.
void Server::Impl::notify(Refer& refer, int status, Timestamp now) {
    refer.told = true;
    if (refer.silent) return;
    std::string lines, body;
    sip::MessageWriter(lines)
        .header("Event", "refer;id=", refer.cseq)
        .header("Subscription-State", status < 200 ? "active;expires=180" : "terminated;reason=noresource");
    body = "SIP/2.0 " + std::to_string(status) + " " + std::string(sip::reason_phrase(status)) + "\r\n";
    (void)ua_.send_within(refer.session, sip::Method::notify, lines, "message/sipfrag;version=2.0", body, now);
}

void Server::Impl::tell_transfer_asked(routing::AgentId agent, std::optional<routing::ContactId> about,
                                       std::string_view how, std::string_view to, std::string_view referred_by,
                                       int status, Timestamp now) {
    const std::string& name = core_.plan().agents[index(agent)].name;
    const std::string target = limited(to), by = limited(referred_by);
    if (!about)
        return sink_.append(
            now, "transfer.asked",
            {{"agent", name}, {"to", target}, {"how", how}, {"referred_by", by}, {"status", std::int64_t{status}}});
    sink_.append(now, "transfer.asked",
                 {{"contact", journal::to_text(*about)},
                  {"agent", name},
                  {"to", target},
                  {"how", how},
                  {"referred_by", by},
                  {"status", std::int64_t{status}}});
}

}  // namespace centrala::calls
