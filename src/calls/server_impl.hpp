// The inside of calls::Server: one object, its methods spread over files by what they are about.
#pragma once

#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "call.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/calls/server.hpp"
#include "centrala/config/caller_lists.hpp"
#include "centrala/presence/notifier.hpp"
#include "centrala/presence/publications.hpp"
#include "centrala/presence/requests.hpp"
#include "centrala/sip/digest.hpp"
#include "centrala/sip/gate.hpp"
#include "centrala/sip/user_agent.hpp"
#include "dial_plan.hpp"
#include "lookup_answer.hpp"
#include "lookups.hpp"
#include "rate_limiter.hpp"
#include "saved_call.hpp"
#include "security_log.hpp"
#include "sounds.hpp"
#include "source_guard.hpp"
#include "timer.hpp"
#include "trunk.hpp"

namespace centrala::calls {

/// Whose a SIP session is.
struct CallerRef {
    routing::ContactId contact;
};
struct AgentRef {
    routing::ContactId contact;
};
struct FeatureRef {
    sip::SessionId key;
};
struct OutsideRef {
    routing::ContactId contact;
};
struct DepartingRef {};
struct DirectRef {
    DirectId call;
    bool is_caller;
};
/// A caller whom another system is asked about.
struct LookupRef {
    LookupId question;
};
using SessionRef = std::variant<CallerRef, AgentRef, FeatureRef, OutsideRef, DepartingRef, DirectRef, LookupRef>;

/// A request of ours to a trunk: OPTIONS to that gateway, or without one REGISTER.
struct TrunkRequest {
    std::size_t trunk;
    std::optional<std::size_t> gateway;
};

/// RFC 3326, to the phones of an agent who answered another one.
inline constexpr std::string_view kCompletedElsewhere = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";

/// A quoted display-name (RFC 3261 §25.1); control characters are left out.
[[nodiscard]] std::string quoted(std::string_view prefix, std::string_view name);
/// What an INVITE's Expires tells a phone that we let ring so long, in seconds.
[[nodiscard]] std::int64_t phone_rings_at_most(Duration ours);

/// A contact that arrives: known before routing has given it an id.
struct Arrival {
    sip::SessionId sip{};
    CallerLeg leg;
    DialPlan::Dialled dialled;
    std::string caller_number, caller_name, call_id, source, diverted_from, diversion_reason;
    bool withheld = false;
    std::optional<routing::CallerListId> callers;  ///< the list that the caller is on
    routing::Advice advice;
    std::optional<std::size_t> trunk;
    std::optional<routing::AgentId> calling_agent;
    bool handed_on = false;  ///< it talked to an agent before: refused, it talks on
    int refused = 0;         ///< the status for who handed it on
};

/// A call that waits for what another system says of its caller.
struct AskedAbout {
    Arrival arrival;
    Timestamp since{};
};
/// How a question about a caller ended: the words of caller.looked_up.
struct LookupOutcome {
    std::string_view result;
    std::string error{};
};

/// What acting on the events of an input needs besides the facts in them. It is its caller's, who finds in it what was
/// not needed.
struct Errand {
    Arrival* arrival = nullptr;
    Refer* refer = nullptr;                     ///< by which a transfer was asked for
    std::optional<routing::ContactId> merging;  ///< the consultation that ends for it: its agent's leg becomes `leg`
    std::optional<AgentLeg> leg;                ///< of who takes the contact over
    std::optional<std::size_t> trunk;           ///< of `leg`, if it leads outside
    bool answered = false;                      ///< `leg` was, by whom it leads to outside
};

/// Where and how to reach a phone.
struct PhoneTarget {
    std::string uri;
    sip::Flow flow;
    std::vector<sip::Flow> alternatives;  ///< in order, for when it can't be reached by that (RFC 3263 §4.3)
    std::vector<std::string> route;       ///< through edge proxies (RFC 3327)
    std::string instance;                 ///< outbound (RFC 5626): which phone, and which of its flows
    std::uint32_t reg_id = 0;
};

/// A phone whose connection died with the process before this one, with a call on it.
struct Returning {
    sip::SessionId leg{};
    routing::AgentId agent{};
    TimerId timer{};
};

/// OPTIONS to a phone that didn't answer.
struct Probe {
    routing::AgentId agent{};
    PhoneTarget phone;
};

struct Server::Impl final : sip::Gate {
    Impl(const config::Config& config, routing::Core& core, journal::Sink& sink, media::Engine& media,
         RandomSource& random);

    // server.cpp: the turn.
    sip::UserAgentOptions user_agent_options();
    void start(std::vector<std::pair<std::string, registrar::Binding>> bindings, std::vector<KeptCall> kept,
               Timestamp now);
    void receive(std::span<char> bytes, const sip::Flow& from, Timestamp now);
    void advance(Timestamp now);
    std::optional<Timestamp> deadline();
    void dispatch(sip::UaEvent event, Timestamp now);
    void on(const std::monostate&, Timestamp) {}
    void on(const sip::ua::Invited& event, Timestamp now);
    void on(const sip::ua::Cancelled& event, Timestamp now);
    void on(const sip::ua::Confirmed& event, Timestamp now);
    void on(const sip::ua::Progress& event, Timestamp now);
    void on(const sip::ua::Accepted& event, Timestamp now);
    void on(const sip::ua::Refused& event, Timestamp now);
    void on(const sip::ua::Ended& event, Timestamp now);
    void on(const sip::ua::Reoffered& event, Timestamp now);
    void on(const sip::ua::Reanswered& event, Timestamp now);
    void on(const sip::ua::Refreshed&, Timestamp) {}
    void on(const sip::ua::Answered& event, Timestamp now);
    [[nodiscard]] sip::SessionId origin_of(sip::SessionId session, const SessionRef& ref) const;
    void leg_is_over(sip::SessionId session, bool by_peer, const std::string& reason, Timestamp now);
    void fire(const ProbeTimer& timer, Timestamp now);
    void fire(const FeatureTimer& timer, Timestamp now);
    void fire(const GatewayTimer& timer, Timestamp now);
    void fire(const RegistrationTimer& timer, Timestamp now);
    void fire(const DirectTimer& timer, Timestamp now);
    void fire(const KeysTimer& timer, Timestamp now);

    // requests.cpp: what is neither INVITE, REGISTER nor presence.
    void on(const sip::ua::Requested& event, Timestamp now);
    void answer_within(const sip::ua::Requested& event, Timestamp now);
    void answer_info(const sip::ua::Requested& event, Timestamp now);
    void answer_options(const sip::ua::Requested& event, Timestamp now);

    // effects.cpp: routing's inputs go in, its events are journalled and acted on.
    routing::Rejection feed(const routing::Input& input, Timestamp now, Errand* errand = nullptr);
    void perform(std::span<const routing::Event> events, Timestamp now);
    template <class Body>
    void try_to_act(const Body& body, Timestamp now);
    void act(const routing::event::ContactArrived& event, Timestamp now);
    void act(const routing::event::ContactRefused& event, Timestamp now);
    void act(const routing::event::ContactEnqueued& event, Timestamp now);
    void act(const routing::event::ContactOverflowed& event, Timestamp now);
    void act(const routing::event::ContactConnected& event, Timestamp now);
    void act(const routing::event::ContactRescued& event, Timestamp now);
    void act(const routing::event::ContactTransferred& event, Timestamp now);
    void act(const routing::event::ContactReturned& event, Timestamp now);
    void act(const routing::event::ContactAbandoned& event, Timestamp now);
    void act(const routing::event::ContactEnded& event, Timestamp now);
    void act(const routing::event::OfferMade& event, Timestamp now);
    void act(const routing::event::OfferEnded& event, Timestamp now);
    void act(const routing::event::AgentChanged& event, Timestamp now);
    void act(const routing::event::EntryPointChanged& event, Timestamp now);
    template <class Other>
    void act(const Other&, Timestamp) {}  // told to the log only

    // gate.cpp: who is let in at all.
    Verdict judge(const sip::Message& request, const sip::Flow& from, Timestamp now) override;
    Verdict judge_malformed(int status, const sip::Flow& from, Timestamp now) override;
    bool is_edge_proxy(const IpAddress& address) const;
    bool is_known(const IpAddress& address) const;
    bool is_exempt(const IpAddress& address) const;
    bool may_register(const IpAddress& address) const;
    bool is_scanner(const sip::Message& request) const;
    void note_flood(const sip::Flow& from, std::string_view method, std::string_view user, std::string_view limit,
                    Timestamp now);
    bool note_stranger(const sip::Message& request, const sip::Flow& from, Timestamp now,
                       Offence offence = Offence::stranger);
    void note_proof(const sip::DigestVerdict& verdict, const sip::Message& request, const sip::Flow& from,
                    bool user_exists, Timestamp now);
    bool offend(const sip::Flow& from, std::string_view method, std::string_view user, Offence offence, Timestamp now);
    void note_unbanned(const SourceGuard::Ban& ban, std::string_view reason, Timestamp now);

    // admission.cpp: who may do what.
    bool authenticate(const sip::Message& request, const sip::Flow& flow, const sip::DigestSecret* secret,
                      Timestamp now, std::string& challenge);
    const config::Agent* authenticate_agent(const sip::Message& request, const sip::Flow& flow,
                                            const config::Agent* claimed, Timestamp now, std::string& challenge);
    const config::Agent* calling_agent(const sip::Message& request, const sip::Flow& flow) const;

    // caller_leg.cpp: from INVITE to queue.
    void admit(const sip::ua::Invited& event, const config::Trunk* trunk, const config::Agent* agent, Timestamp now);
    void arrive(Arrival& arrival, std::optional<routing::Refusal> refused, Timestamp now);
    std::optional<routing::Refusal> over_limit(std::optional<std::size_t> trunk, Timestamp now);
    [[nodiscard]] std::size_t callers() const;  ///< in queues, talking, or asked about
    [[nodiscard]] bool has_ports() const;
    [[nodiscard]] bool is_full() const;  ///< any call would be refused
    std::optional<routing::Refusal> prepare_caller_media(const sip::Message& invite, const sip::Flow& flow,
                                                         std::optional<std::size_t> trunk, CallerLeg& leg,
                                                         std::uint16_t port = 0);
    void pick_up(Call& call, Timestamp now);
    void entertain(Call& call, bool greet, Timestamp now);
    void answer_caller(Call& call, Timestamp now);
    void drop_call(Call& call, std::string_view reason_header, Timestamp now);
    void caller_is_gone(routing::ContactId contact, routing::EndCause cause, std::string reason, Timestamp now);

    // announcements.cpp: where callers stand in the line, and how long it will take.
    void plan_announcement(Call& call, bool greeted, Timestamp now);
    void plan_announcements(Timestamp now);
    void fire(const AnnouncementTimer& timer, Timestamp now);
    void announce_to(const Call& call, const config::Announce& announce, Timestamp now);

    // caller_lookup.cpp: another system is asked about callers before they are queued.
    [[nodiscard]] bool is_asked_about(const Arrival& arrival) const;
    bool ask_about(Arrival& arrival, Timestamp now);
    void looked_up(LookupId id, const LookupReply& reply, Timestamp now);
    void end_due_lookups(Timestamp now);
    void lookup_ended(LookupId id, bool good, std::string_view error, Timestamp now);
    void go_on(LookupId id, const LookupOutcome& outcome, const LookupAnswer* answer,
               std::optional<routing::Refusal> refused, Timestamp now);
    [[nodiscard]] std::vector<LookupId> questions() const;  ///< in the order in which they were asked
    void refuse_asked_about(Timestamp now);
    void reload_lookup(Timestamp now);
    void tell_lookup(const Arrival& arrival, const LookupOutcome& outcome, Timestamp now, Duration took = {});
    void tell_ignored(LookupId id, const LookupAnswer& answer, Timestamp now);

    // entry_points.cpp: when they are open.
    [[nodiscard]] routing::Door door_by_hours(const config::EntryPoint& entry, Timestamp now) const;
    routing::Rejection follow_hours(const config::EntryPoint& entry, routing::Actor actor, Timestamp now);
    void open_doors(Timestamp now);
    void watch_door(routing::EntryPointId entry_point);
    void fire(const DoorTimer& timer, Timestamp now);

    // kept_calls.cpp: what the next process needs of each call.
    void touch(sip::SessionId session);
    void touch(Call& call);
    void touch(DirectCall& call);
    void save_calls(const std::function<void(KeptId, std::string_view)>& keep);
    [[nodiscard]] bool save(const Call& call, SavedContact& into) const;
    [[nodiscard]] bool save(const DirectCall& call, SavedDirectCall& into) const;
    [[nodiscard]] bool save(sip::SessionId session, const LegMedia& media, SavedLeg& into) const;

    // restart.cpp: what the process before this one kept.
    [[nodiscard]] std::vector<routing::ContactId> take_up(std::span<const KeptCall> kept, Timestamp now);
    [[nodiscard]] Call known_call(const routing::ContactRecord& contact) const;
    void put_call(Call&& call);
    [[nodiscard]] bool take_up(const routing::ContactRecord& contact, SavedContact& saved);
    [[nodiscard]] bool take_up_unanswered(const routing::ContactRecord& contact, SavedLeg& saved, Timestamp now);
    [[nodiscard]] bool take_up(DirectId id, SavedDirectCall& saved, std::vector<sip::SessionId>& left);
    [[nodiscard]] std::optional<Party> take_up(SavedParty& saved, SessionRef owner);
    [[nodiscard]] bool take_up(SavedLeg& saved, SessionRef owner, std::optional<std::size_t> trunk, sip::SessionId& sip,
                               LegMedia& media);
    void take_up_partner(Call& call, const routing::ContactRecord& contact, SavedParty& saved);
    void go_on(routing::ContactId contact, Timestamp now);
    void go_on_direct(Timestamp now);
    void agree_again(sip::SessionId session, std::optional<routing::AgentId> agent, bool talks, Timestamp now);
    void fire(const AgreeTimer& timer, Timestamp now);
    void offer_again(sip::SessionId session, Timestamp now);
    void phone_returned(routing::AgentId agent, const sip::Flow& flow, Timestamp now);
    void fire(const ReturnTimer& timer, Timestamp now);
    void let_go(const SavedCall& saved, std::vector<sip::SessionId>& left);
    void receive_again(Timestamp now);

    // reload.cpp: another configuration.
    void reload(std::span<const routing::AgentId> added, Timestamp now);
    void make_room();
    void review_phones(Timestamp now);

    // shifts.cpp
    void open_shifts(Timestamp now);
    void watch_shift(routing::AgentId agent, Timestamp now);  ///< that has one
    void fire(const ShiftTimer& timer, Timestamp now);

    // agent_leg.cpp: an offer on the agent's phones.
    /// Whose phone that session rings.
    static Offer* offer_over(Call& call, sip::SessionId session);
    /// For people.
    [[nodiscard]] std::string ringing_at(const Call& call) const;
    void ring_next_bindings(Call& call, Offer& offer, Timestamp now);
    std::optional<PhoneTarget> fixed_phone(const std::string& contact) const;
    PhoneTarget target_of(const registrar::Binding& binding) const;
    bool invite_phone(const Call& call, Offer& offer, const PhoneTarget& target, Timestamp now);
    bool try_other_flow(Call& call, Offer& offer, const AgentLeg& failed, Timestamp now);
    void agent_rings(routing::ContactId contact, sip::SessionId session, Timestamp now);
    void agent_answers(routing::ContactId contact, const sip::ua::Accepted& event, Timestamp now);
    void agent_refuses(routing::ContactId contact, sip::SessionId session, int status, Timestamp now);
    void ringing_phones_lost(std::uint64_t connection, Timestamp now);
    void leg_failed(Call& call, sip::SessionId session, routing::Outcome outcome, int status, Timestamp now);
    void forget_ringing(const AgentLeg& leg);
    void stop_ringing(std::vector<AgentLeg>& legs, std::string_view reason_header, Timestamp now);
    std::vector<sip::Flow> flows_to(const sip::Uri& uri) const;
    std::optional<sip::Flow> flow_to(const sip::Uri& uri) const;
    void probe(Probe probe, Timestamp now);
    void schedule_probe(routing::AgentId agent, Timestamp now);
    void probe_answered(Probe asked, bool alive, Timestamp now);

    // trunk_gateways.cpp: where trunks' gateways and registrars are, whether they live, registrations.
    void open_trunks(Timestamp now);
    void hops_changed(Timestamp now);
    void watch_fixed_phones(Timestamp now);
    void check_gateway(std::size_t trunk, std::size_t gateway, Timestamp now);
    void ask_gateway(std::size_t trunk, std::size_t gateway, Timestamp now);
    void gateway_answered(std::size_t trunk, std::size_t gateway, const sip::Message* response, Timestamp now);
    void gateway_checked(std::size_t trunk, std::size_t gateway, bool alive, std::string_view cause, Timestamp now);
    void drive_registration(std::size_t trunk, Timestamp now);
    void registrar_answered(std::size_t trunk, const sip::Message* response, Timestamp now);
    void note_registration(std::size_t trunk, const TrunkRegistration::Change& change, Timestamp now);
    void end_registrations(Timestamp now);
    bool registrations_ending() const;
    bool registered_over(const sip::Flow& connection) const;
    void registrations_lost(sip::Transport transport, const Endpoint& remote, Timestamp now);
    void follow_route(sip::SessionId session, Timestamp now);
    void learn_next_hop(sip::SessionId session, Timestamp now);
    bool trunk_answered(const sip::ua::Answered& event, Timestamp now);

    // hold.cpp: who holds whom, and what they hear.
    [[nodiscard]] static const LegMedia* partner_of(const Call& call);
    [[nodiscard]] bool is_held(const Call& call) const;  ///< by its agent, or the party outside
    void review_hold(sip::SessionId session, Timestamp now);
    void review_hold(Call& call, Timestamp now);
    void review_hold(DirectCall& call, Timestamp now);
    void tell_hold(Call& call, bool by_partner, bool by_caller, Timestamp now);
    void set_hearing(Call& call, Hearing hearing);
    void loop(const LegMedia& media, media::SoundId sound);

    // dialling.cpp: where agents may call and transfer to.
    [[nodiscard]] const config::AgentGroup& group_of(routing::AgentId agent) const;
    [[nodiscard]] bool may_call(routing::AgentId agent, const Destination& to) const;
    [[nodiscard]] bool may_transfer(routing::AgentId agent, const Destination& to) const;
    [[nodiscard]] bool is_allowed_outside(const config::AgentGroup& group, std::string_view dialled) const;

    // direct_call.cpp: calls that agents place.
    bool place_call(const sip::ua::Invited& event, const config::Agent& agent, std::string_view number, Timestamp now);
    [[nodiscard]] bool is_occupied(routing::AgentId agent) const;
    bool start_direct(DirectCall&& call, Timestamp now);
    void ring_colleague(DirectCall& call, Timestamp now);
    std::optional<AgentLeg> open_leg(sip::Invitation invitation, const sip::Flow& flow,
                                     std::optional<std::size_t> trunk, Timestamp now);
    DirectCall* find_direct(DirectId id);
    void direct_rings(DirectId id, const sip::ua::Progress& event, Timestamp now);
    void direct_answered(DirectId id, const sip::ua::Accepted& event, Timestamp now);
    void direct_joined(DirectCall& call, AgentLeg leg, Timestamp now);
    void bridge_direct(DirectCall& call, Timestamp now);
    void direct_refused(DirectId id, sip::SessionId session, int status, Timestamp now);
    void direct_leg_ended(DirectRef ref, bool by_peer, Timestamp now);
    void end_direct(DirectId id, std::string_view cause, int status, Timestamp now, std::string_view contact = {});
    void drop_leg(AgentLeg& leg, Timestamp now);
    void tell_direct(const DirectCall& call, std::string_view type, Timestamp now, journal::Field more = {},
                     journal::Field duration = {}, journal::Field contact = {});
    struct Shown {
        std::string name, number;
    };
    [[nodiscard]] Shown shown_caller(const DirectCall& call) const;
    [[nodiscard]] Shown shown(std::string_view party) const;
    [[nodiscard]] std::string name_of(const Destination& to) const;

    // direct_transfer.cpp: calls that agents placed, handed on by one of the two.
    int hand_on(DirectCall& call, bool by_caller, const Destination& to, Refer* refer, Timestamp now);
    int hand_on_to_queue(DirectCall& call, bool by_caller, const Destination& to, Refer* refer, Timestamp now);
    int join_calls(routing::AgentId agent, DirectRef one, DirectRef other, Refer& refer, Timestamp now);
    int join_queue_call(routing::AgentId agent, DirectRef one, Call& queued, Refer& refer, Timestamp now);
    void take_handed_on(DirectCall& onward, Timestamp now);
    void onward_failed(DirectCall& call, std::string_view cause, int status, Timestamp now);
    Party take_party(DirectCall& call, bool the_caller);
    void put_caller(DirectCall& call, Party&& party);
    void put_callee(DirectCall& call, Party&& party);
    void drop_party(DirectCall& call, bool the_caller, Timestamp now);
    void prompt_error(DirectCall& call, bool the_caller, Timestamp now);

    // transfer.cpp: contacts handed on by their agents.
    int transfer_blind(Call& call, const Destination& to, Refer* refer, Timestamp now);
    int transfer_attended(Call& call, DirectId consultation, Refer* refer, Timestamp now);
    int transfer_merged(Call& call, routing::ContactId consultation, Refer& refer, Timestamp now);
    void let_transferor_go(Call& call, bool waits, Timestamp now);
    void tell_referrer(Call& call, int status, Timestamp now);
    void tell_referrer_of(Call& call, routing::Outcome outcome, Timestamp now);
    void finish_departing(sip::SessionId session, Timestamp now);
    std::optional<AgentLeg> take_handover(SessionRef owner);

    // refer.cpp: transfers as phones ask for them.
    void on_refer(const sip::ua::Requested& event, Timestamp now);
    std::optional<routing::AgentId> referring_agent(sip::SessionId session);
    int connect_dialogs(routing::AgentId agent, sip::SessionId other, const sip::Flow& flow, Refer& refer,
                        Timestamp now);
    void notify(Refer& refer, int status, Timestamp now);
    void tell_transfer_asked(routing::AgentId agent, std::optional<routing::ContactId> about, std::string_view how,
                             std::string_view to, std::string_view referred_by, int status, Timestamp now);

    // replaces.cpp: an agent's other phone takes its call over.
    void replace_dialog(const sip::ua::Invited& event, const config::Agent* agent, Timestamp now);
    bool is_leg_of(sip::SessionId session, routing::AgentId agent);
    void take_over_agent(Call& call, sip::SessionId old, CallerLeg fresh, Timestamp now);
    void take_over_direct(DirectCall& call, sip::SessionId old, CallerLeg fresh, Timestamp now);

    // in_call_codes.cpp: keys pressed by the agent during a call.
    Keys* keys_of(sip::SessionId leg);
    void key_pressed(sip::SessionId leg, char key, KeysBy way, Timestamp now);
    void forget_keys(Keys& keys);
    void run_keyed_code(sip::SessionId leg, Timestamp now);
    void run_code(Call& call, std::string_view keys, Timestamp now);
    void run_code(DirectCall& call, bool by_caller, std::string_view keys, Timestamp now);
    int begin_consultation(Call& call, const Destination& to, Timestamp now);
    int complete_consultation(Call& call, Timestamp now);
    void consultation_is_over(Call& call, bool by_agent, Timestamp now);
    void hear(Call& call, Timestamp now);
    void prompt_error(Call& call, Timestamp now);

    // outside_leg.cpp: through a trunk.
    [[nodiscard]] std::optional<std::string> outside_number_of(std::string_view dialled) const;
    std::optional<AgentLeg> call_outside(std::optional<OutboundRoute>& route, SessionRef owner, Timestamp now);
    void ring_outside(DirectCall& call, Timestamp now);
    bool ring_next_trunk(DirectCall& call, int status, Timestamp now);
    void ring_contact_outside(Call& call, Timestamp now);
    void begin_outside(Call& call, Timestamp now);
    void outside_answered(Call& call, const sip::ua::Accepted& event, Timestamp now);
    void outside_failed(Call& call, routing::Outcome cause, int status, Timestamp now);
    void drop_outside(Call& call, Timestamp now);

    // feature_codes.cpp
    bool is_feature_code(std::string_view number) const;
    void run_feature_code(const sip::ua::Invited& event, const config::Agent& agent, std::string_view number,
                          Timestamp now);
    void finish_feature_call(sip::SessionId key, bool hang_up, Timestamp now);
    void count_other_use(routing::AgentId agent, int change, Timestamp now);

    // registration.cpp
    void register_phone(const sip::ua::Requested& event, Timestamp now);
    void learn_path(const registrar::Binding& binding, Timestamp now);
    void agents_unregistered(const std::vector<std::string>& names, std::string_view cause, Timestamp now);

    // presence.cpp: phones watch agents and queues, and set their own agent's state.
    void subscribe(const sip::ua::Requested& event, Timestamp now);
    void publish(const sip::ua::Requested& event, Timestamp now);
    const config::Agent* presence_user(const sip::ua::Requested& event, Timestamp now);
    std::optional<presence::ResourceId> watchable(const sip::Uri& uri) const;
    static presence::ResourceId resource(routing::AgentId agent);
    static presence::ResourceId resource(routing::QueueId queue);
    void apply_published(routing::AgentId agent, const presence::PublishedState& state, Timestamp now);
    void press_key(routing::AgentId agent, const presence::FeatureRequest& request, Timestamp now);
    std::string reason_for(presence::Activity activity) const;
    void show(const routing::Event& event);
    void show_agent(routing::AgentId agent);
    void show_queue(routing::QueueId queue);
    void send_notifies(Timestamp now);

    // presence_documents.cpp: what they are told.
    std::string document(const presence::Notify& notify) const;
    presence::Lamp::State lamp_state(routing::AgentId agent) const;
    presence::Lamp::State lamp_state(routing::QueueId queue) const;
    presence::Lamp lamp(routing::AgentId agent) const;
    presence::Presentity presentity(routing::AgentId agent) const;
    presence::Presentity presentity(routing::QueueId queue) const;
    presence::Activity activity_for(std::string_view reason) const;
    std::string feature_document(routing::AgentId agent, unsigned which) const;

    // leg_media.cpp: SDP and the engine, alike for every leg.
    std::optional<IpAddress> media_address(const IpAddress& like) const;
    /// With the codecs of that trunk, if it has its own.
    bool open_media(LegMedia& media, const IpAddress& like, std::optional<std::size_t> trunk = {},
                    std::uint16_t port = 0);
    void ports_exhausted(Timestamp now);
    void tell_media(routing::ContactId contact, std::string_view leg, const LegMedia& media, Timestamp now);
    void close_media(LegMedia& media);
    void agree(LegMedia& media, const sdp::Description& peer, std::size_t stream, const sdp::Audio& audio);
    bool take_answer(LegMedia& media, std::string_view sdp);
    void reoffer(LegMedia& media, sip::SessionId session, const sip::Message& request, Timestamp now);
    LegMedia* media_of(sip::SessionId session);
    Call* call_of(sip::SessionId session);
    Call* find_call(routing::ContactId contact);
    Call* talking_over(sip::SessionId session);
    void media_events(Timestamp now);

    // Passed by argument.
    const config::Config& config_;
    routing::Core& core_;
    journal::Sink& sink_;
    media::Engine& media_;
    RandomSource& random_;

    // Owned.
    sip::Outbox outbox_;
    sip::UserAgent ua_;
    registrar::Registrar registrar_;
    sip::DigestAuthenticator digest_;
    DialPlan dial_plan_;
    config::CallerLists caller_lists_;
    NextHops hops_;
    std::optional<Lookups> lookups_;  ///< none: nobody is to be asked
    Trunks trunks_;
    Sounds sounds_;
    std::vector<schedule::Hours> hours_;  ///< as Config::schedules
    SecurityLog security_;
    SourceGuard guard_;
    RateLimiter invite_rate_, register_rate_, stranger_register_rate_, presence_rate_, other_rate_, stranger_rate_;
    std::unordered_set<IpAddress, EndpointHash> fixed_phones_;  ///< agents' fixed contacts
    std::unordered_set<IpAddress, EndpointHash> gateways_;      ///< trunks' gateways and registrars
    presence::Notifier notifier_;
    presence::Publications publications_;
    std::vector<presence::Lamp::State> lamps_;  ///< by resource, as last shown
    TimerQueue<Timer> timers_;
    std::unordered_map<routing::ContactId, Call> calls_;
    std::vector<KeptId> touched_;   ///< calls, also ones that are over, since they were saved
    SavedContact saved_contact_;    ///< kept for its memory …
    SavedDirectCall saved_direct_;  ///< … as are these
    SavedOther saved_other_;
    std::string saved_text_;
    std::unordered_set<sip::SessionId> kept_sessions_;  ///< that are of no call
    std::vector<sip::SessionState> invited_before_;     ///< to be received again
    std::vector<Returning> returning_;
    std::deque<sip::SessionId> talking_before_, waiting_before_;  ///< still to be asked where their sound goes
    std::unordered_map<LookupId, AskedAbout> asked_about_;        ///< callers who wait for an answer
    std::vector<LookupQuery> lookup_queries_;                     ///< for the driver
    std::unordered_map<sip::SessionId, SessionRef> sessions_;
    std::unordered_map<media::SessionId, sip::SessionId> media_sessions_;
    std::unordered_multimap<std::uint64_t, sip::SessionId> ringing_over_;  ///< phones that ring, by TCP connection
    std::unordered_map<sip::SessionId, FeatureCall> features_;
    std::unordered_map<sip::ClientTx, Probe> probes_;
    std::unordered_map<sip::ClientTx, TrunkRequest> trunk_requests_;
    std::unordered_map<DirectId, DirectCall> directs_;
    std::unordered_map<sip::SessionId, Departing> departing_;
    std::uint64_t last_direct_ = 0;
    std::vector<TimerId> probe_timers_;       ///< by agent
    std::vector<TimerId> door_timers_;        ///< by entry point
    std::vector<TimerId> shift_timers_;       ///< by agent
    std::vector<std::uint32_t> other_calls_;  ///< by agent: calls of theirs that no queue sent
    std::deque<routing::Input> inputs_;       ///< found while acting on events; fed afterwards, in order
    std::vector<media::Event> media_events_;
    Errand* errand_ = nullptr;        ///< of the input whose events are acted on
    Timestamp ports_exhausted_at_{};  ///< when the log was last told
    Timestamp ignored_at_{};          ///< likewise, of what an answer about a caller got wrong
    std::int64_t ignored_since_ = 0;
    bool feeding_ = false;
    std::exception_ptr fault_;  ///< the first while events are acted on, thrown afterwards
    bool draining_ = false;
    ServerStats stats_;
};

}  // namespace centrala::calls
