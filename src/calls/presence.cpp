// Phones that watch agents and queues (SUBSCRIBE, RFC 6665), or say what their agent does (PUBLISH, RFC 3903; feature
// keys). Only an agent who proves to be one is heard; strangers learn nothing, not even whether somebody exists.
#include <utility>

#include "centrala/presence/requests.hpp"
#include "server_impl.hpp"

namespace centrala::calls {
namespace {

using presence::Package;

}  // namespace

// Agents have the even numbers, so that theirs stay what they are when queues or agents are added.
presence::ResourceId Server::Impl::resource(routing::AgentId agent) {
    return presence::ResourceId{2 * index(agent)};
}
presence::ResourceId Server::Impl::resource(routing::QueueId queue) {
    return presence::ResourceId{2 * index(queue) + 1};
}

/// An agent by name or extension; a queue by one of its numbers or by name.
std::optional<presence::ResourceId> Server::Impl::watchable(const sip::Uri& uri) const {
    const std::string user = sip::unescape(uri.user);
    if (const auto* agent = dial_plan_.agent(user)) return resource(agent->id);
    const std::string number = number_of(uri);
    if (const auto* agent = dial_plan_.agent_at(number)) return resource(agent->id);
    if (const auto entry = dial_plan_.entry_point(number))
        return resource(core_.plan().entry_points[index(*entry)].queue);
    if (const auto queue = core_.plan().find_queue(user)) return resource(*queue);
    return std::nullopt;
}

/// The agent whom a SUBSCRIBE or PUBLISH comes from; else it is answered already. Unknown names are challenged like
/// known ones.
const config::Agent* Server::Impl::presence_user(const sip::ua::Requested& event, Timestamp now) {
    const sip::Message& request = *event.request;
    if (!config_.presence.enabled) {
        ua_.respond(event.tx, sip::plain_response(489), now);
        return nullptr;
    }
    const auto* claimed = dial_plan_.agent(sip::unescape(request.from().uri.user));
    std::string challenge;
    if (const auto* agent = authenticate_agent(request, event.flow, claimed, now, challenge)) return agent;
    if (!claimed) note_stranger(request, event.flow, now);
    ua_.respond(event.tx, sip::plain_response(401, challenge), now);
    return nullptr;
}

void Server::Impl::subscribe(const sip::ua::Requested& event, Timestamp now) {
    const config::Agent* agent = presence_user(event, now);
    if (!agent) return;
    const sip::Message& request = *event.request;
    const presence::WatcherId watcher{static_cast<std::uint32_t>(index(agent->id))};
    const bool within = !request.to().tag().empty();
    const auto target = within ? notifier_.resource_of(request) : watchable(request.request_uri());
    if (!target) return ua_.respond(event.tx, sip::plain_response(within ? 481 : 404), now);
    const auto package = presence::parse_package(request.find(sip::HeaderId::event).value_or(""));
    const bool own_only = package == Package::message_summary || package == Package::feature_event;
    if (own_only && *target != resource(agent->id)) return ua_.respond(event.tx, sip::plain_response(403), now);

    // A feature key comes in the body of a SUBSCRIBE.
    std::optional<presence::FeatureRequest> key;
    if (package == Package::feature_event && !request.body().empty()) {
        if (!config_.presence.phones_set_state) return ua_.respond(event.tx, sip::plain_response(403), now);
        if (!sip::iequals(request.content_type(), content_type(*package)))
            return ua_.respond(event.tx, sip::plain_response(415, "Accept: application/x-as-feature-event+xml\r\n"),
                               now);
        auto asked = presence::read_feature_request(request.body());
        if (!asked) return ua_.respond(event.tx, sip::plain_response(400), now);
        key = *asked;
    }
    auto answer = within ? notifier_.refresh(request, event.flow, watcher, now)
                         : notifier_.subscribe(request, event.flow, watcher, *target, now);
    if (answer.status == 200) answer.header_lines += ua_.contact_line(event.flow);
    ua_.respond(event.tx, {answer.status, {}, answer.to_tag, answer.header_lines, {}, {}}, now);
    if (answer.status == 200 && key) press_key(agent->id, *key, now);
}

void Server::Impl::publish(const sip::ua::Requested& event, Timestamp now) {
    const config::Agent* agent = presence_user(event, now);
    if (!agent) return;
    const sip::Message& request = *event.request;
    if (!config_.presence.phones_set_state) return ua_.respond(event.tx, sip::plain_response(403), now);
    if (dial_plan_.agent(sip::unescape(request.request_uri().user)) != agent)
        return ua_.respond(event.tx, sip::plain_response(403), now);
    // Read before the tag is spent: a publication that can't be understood changes nothing (RFC 3903 §6).
    std::optional<presence::PublishedState> state;
    if (!request.body().empty() && sip::iequals(request.content_type(), content_type(Package::presence))) {
        auto published = presence::read_pidf(request.body());
        if (!published) return ua_.respond(event.tx, sip::plain_response(400), now);
        state = std::move(*published);
    }
    const presence::PublisherId publisher{static_cast<std::uint32_t>(index(agent->id))};
    const auto answer = publications_.publish(request, publisher, now);
    ua_.respond(event.tx, sip::plain_response(answer.status, answer.header_lines), now);
    if (answer.fresh && state) apply_published(agent->id, *state, now);
}

/// Open and not away is ready, closed or away is not; an activity that a reason stands for gives the reason. Being on
/// the phone says nothing about the intention. Nobody is logged in by it: softphones publish as soon as they start.
void Server::Impl::apply_published(routing::AgentId agent, const presence::PublishedState& state, Timestamp now) {
    const auto& facts = core_.state().agents[index(agent)].facts;
    if (facts.session != routing::Session::logged_in) return;
    std::optional<std::string> reason;
    bool on_the_phone = false;
    for (const auto activity : state.activities) {
        if (activity == presence::Activity::on_the_phone)
            on_the_phone = true;
        else if (activity != presence::Activity::working && !reason)
            reason = reason_for(activity);
    }
    if (!reason && (state.do_not_disturb || state.open == false)) reason = "";
    if (reason)
        feed(routing::input::AgentGoesNotReady{agent, std::move(*reason), routing::Actor::agent}, now);
    else if (state.open == true && !on_the_phone)
        feed(routing::input::AgentGoesReady{agent, routing::Actor::agent}, now);
}

/// The first reason that stands for the activity; "" if none does.
std::string Server::Impl::reason_for(presence::Activity activity) const {
    const auto& words = config_.presence.activities;
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] == presence::to_string(activity)) return core_.plan().reasons[i];
    return {};
}

void Server::Impl::press_key(routing::AgentId agent, const presence::FeatureRequest& request, Timestamp now) {
    using namespace routing;
    const bool logged_in = core_.state().agents[index(agent)].facts.session == Session::logged_in;
    const auto not_ready = [&](std::string reason) {
        feed(input::AgentGoesNotReady{agent, std::move(reason), Actor::agent}, now);
    };
    if (const auto* dnd = std::get_if<presence::SetDoNotDisturb>(&request)) {
        if (!logged_in) return;
        if (dnd->on) return not_ready({});
        feed(input::AgentGoesReady{agent, Actor::agent}, now);
        return;
    }
    const auto& asked = std::get<presence::SetAgentState>(request);
    using presence::RequestedState;
    if (asked.state == RequestedState::logged_off) {
        feed(input::AgentLogsOut{agent, Actor::agent}, now);
        return;
    }
    // Wrap-up begins with the end of a call, not with a key.
    if (asked.state == RequestedState::working_after_call) return;
    if (!logged_in) feed(input::AgentLogsIn{agent, Actor::agent}, now);
    if (asked.state == RequestedState::ready) {
        feed(input::AgentGoesReady{agent, Actor::agent}, now);
    } else if (asked.state == RequestedState::not_ready) {
        const auto& reasons = core_.plan().reasons;
        not_ready(asked.reason >= 1 && asked.reason <= reasons.size() ? reasons[asked.reason - 1] : std::string());
    }
}

// ---- changes and NOTIFYs -----------------------------------------------------------------------------------------

/// Whatever an event changes of what phones show: agents, and queues in which somebody begins or ceases to wait.
void Server::Impl::show(const routing::Event& event) {
    std::visit(
        [&](const auto& body) {
            using T = std::decay_t<decltype(body)>;
            if constexpr (std::is_same_v<T, routing::event::AgentChanged>) {
                show_agent(body.agent);
            } else if constexpr (std::is_same_v<T, routing::event::ContactOverflowed>) {
                show_queue(body.from);
                show_queue(body.to);
            } else if constexpr (std::is_same_v<T, routing::event::ContactEnded>) {
                if (body.queue) show_queue(*body.queue);
            } else if constexpr (std::is_same_v<T, routing::event::ContactEnqueued> ||
                                 std::is_same_v<T, routing::event::ContactConnected> ||
                                 std::is_same_v<T, routing::event::ContactRescued> ||
                                 std::is_same_v<T, routing::event::ContactTransferred> ||
                                 std::is_same_v<T, routing::event::ContactReturned> ||
                                 std::is_same_v<T, routing::event::ContactAbandoned>) {
                show_queue(body.queue);
            }
        },
        event.body);
}

void Server::Impl::show_agent(routing::AgentId agent) {
    const auto watched = resource(agent);
    auto& lamp = lamps_[static_cast<std::size_t>(watched)];
    const auto before = std::exchange(lamp, lamp_state(agent));
    presence::PackageSet packages = set_of(Package::presence) | set_of(Package::feature_event);
    if (lamp != before || config_.presence.show_callers) packages |= set_of(Package::dialog);
    notifier_.changed(watched, packages);
}

void Server::Impl::show_queue(routing::QueueId queue) {
    const auto watched = resource(queue);
    auto& lamp = lamps_[static_cast<std::size_t>(watched)];
    const auto before = std::exchange(lamp, lamp_state(queue));
    if (lamp != before) notifier_.changed(watched, presence::kAllPackages);
}

void Server::Impl::send_notifies(Timestamp now) {
    while (auto notify = notifier_.next(now)) {
        notify->header_lines += ua_.contact_line(notify->flow);
        const std::string body = document(*notify);
        const auto tx = ua_.send_request(
            {sip::Method::notify, notify->uri, notify->header_lines, content_type(notify->package), body}, notify->flow,
            now);
        notifier_.sent(notify->subscription, tx, now);
    }
}

}  // namespace centrala::calls
