// The configuration while it is being read, and the readers of its sections.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "centrala/config/config.hpp"
#include "section.hpp"

namespace centrala::config {

struct Place {
    std::string path;
    int line = 0;
};

struct Draft {
    Draft(Context& into, std::string path) : context(into), folder(std::move(path)) {}

    Context& context;
    std::string folder;  ///< the file's: where relative sound paths start, unless media.sounds says otherwise
    Config config;
    routing::Plan plan;
    routing::Strategy default_strategy{};  ///< of queues that name none: what the routing profile says

    // Names point into the tree.
    std::unordered_map<std::string_view, std::size_t> skills, queues, groups, schedules, callers, agents;
    std::vector<std::string_view> skill_names, queue_names, group_names, schedule_names, caller_names, agent_names;
    std::vector<Item> skill_items, queue_items, group_items, agent_items;  ///< where they stand, by id, but for
                                                                           ///< the group `default`
    std::unordered_map<std::string, Place> numbers;   ///< entry points' numbers and agents' extensions
    std::vector<std::function<void()>> after_agents;  ///< to be done when all agents are known by name
    std::vector<Place> listeners;                     ///< where config.sip.listeners stand
    std::vector<Place> sample_passwords;              ///< where passwords of the shipped file are still in use
};

/// The first N values of an enumeration by their words.
template <class Enum, std::size_t N>
std::array<std::pair<std::string_view, Enum>, N> words_of() {
    std::array<std::pair<std::string_view, Enum>, N> words;
    for (std::size_t i = 0; i < N; ++i) words[i] = {to_string(static_cast<Enum>(i)), static_cast<Enum>(i)};
    return words;
}

/// The passwords of the shipped config/centrala.yaml: everyone knows them.
bool is_sample_password(std::string_view password);

// In this order: each uses what those before it have read.
void read_tls(Draft& draft, Section& root);
void read_sip(Draft& draft, Section& root);  // sip, limits
void read_media(Draft& draft, Section& root);
void read_registration(Draft& draft, Section& root);
void read_trunks(Draft& draft, Section& root);  // trunks, outside
void read_skills(Draft& draft, Section& root);
void read_routing(Draft& draft, Section& root);
void read_queues(Draft& draft, Section& root);  // queue_defaults, queues
void read_schedules(Draft& draft, Section& root);
void read_callers(Draft& draft, Section& root);
void read_caller_lookup(Draft& draft, Section& root);
void read_entry_points(Draft& draft, Section& root);
void read_agent_groups(Draft& draft, Section& root);
void read_agents(Draft& draft, Section& root);
void read_desk(Draft& draft, Section& root);  // feature_codes, not_ready_reasons, dispositions
void read_presence(Draft& draft, Section& root);
void read_process(Draft& draft, Section& root);  // log, control, state_dir, drain_limit
void read_watch(Draft& draft, Section& root);    // security, trace

/// Rules over several sections.
void check_whole(Draft& draft);
/// Who could answer which calls. After all others: it trusts what they have found sound.
void check_routing(Draft& draft);

/// expires_min, expires_default and expires_max of `section`, whose path is `path`: whole seconds, in that order.
void read_lifetimes(Context& context, Section& section, std::string_view path, Duration& min, Duration& otherwise,
                    Duration& max);
/// certificate, private_key, client_ca and verify_client of `section`; what it doesn't say stays.
void read_certificate(Draft& draft, Section& section, sip::TlsOptions& tls);
/// The key announcements of media.
void read_announcements(Draft& draft, Section& media);
/// The key announce of a queue, or of queue_defaults.
void read_announce(Draft& draft, Section& queue, Announce& into);
/// A map from skill to level, or a list of skills that are wanted at any level, which is 1.
void read_levels(Draft& draft, const Item& item, std::vector<routing::SkillLevel>& into);
/// password, ha1_md5 and ha1_sha256 of `section`. False: none is given.
bool read_secret(Draft& draft, Section& section, sip::DigestSecret& secret);
/// What the server and the simulator know of an agent; whoever calls finishes the section.
void read_agent_keys(Draft& draft, Section& section, std::string_view name, routing::Agent& planned, Agent& agent);
/// hours, last_call, at_closing and closed_queue of the entry point `item`.
void read_opening(Draft& draft, Section& section, const Item& item, EntryPoint& entry, routing::EntryPoint& planned);
/// agent and patience of `section`: whom calls are kept for. `set` is called when all agents are known by name.
void read_wanted(Draft& draft, Section& section, const std::function<void(routing::Plan&, routing::Wanted)>& set);
/// Addresses and blocks under `key` of `section`.
void read_blocks(Context& context, Section& section, std::string_view key, std::vector<Subnet>& into);
/// Names of codecs, in order of preference.
void read_codecs(Context& context, const Item& item, std::vector<std::string>& into);
/// The item's name in `known`, or a problem that names the nearest.
std::optional<std::size_t> resolve(Context& context, const Item& item, std::string_view name, std::string_view what,
                                   const std::unordered_map<std::string_view, std::size_t>& known,
                                   std::span<const std::string_view> names);

/// The queue of calls that the item names, or a problem.
std::optional<routing::QueueId> read_queue_name(Draft& draft, const Item& item);

/// A list of such names, none of them twice, instead of what `into` holds.
template <class Id>
void read_names(Draft& draft, const Item& item, const char* what,
                const std::unordered_map<std::string_view, std::size_t>& known, std::span<const std::string_view> names,
                std::vector<Id>& into) {
    into.clear();
    for (const Item& one : draft.context.list(item, "names")) {
        std::string name;
        if (!draft.context.read_text(one, name, std::string("the name of a") + (*what == 'a' ? "n " : " ") + what,
                                     is_name))
            continue;
        const auto id = resolve(draft.context, one, name, what, known, names);
        if (!id) continue;
        if (std::find(into.begin(), into.end(), static_cast<Id>(*id)) != into.end())
            draft.context.problem(one, std::string(what) + " " + name + " is given twice");
        else
            into.push_back(static_cast<Id>(*id));
    }
}

/// Every key that the file may have: "sip.domain", "queues.<name>.wrap_up".
std::set<std::string> known_keys();

}  // namespace centrala::config
