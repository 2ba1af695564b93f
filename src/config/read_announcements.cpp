// Section media.announcements, and the key announce of queues: what waiting callers are told.
#include <initializer_list>

#include "draft.hpp"

namespace centrala::config {
namespace {

constexpr std::size_t kSentenceMax = 16;  ///< sounds of one
constexpr int kSpokenMax = 99;

/// A list of sounds, with the word `number` where one is said.
void read_sentence(Draft& draft, Section& s, std::string_view key, bool says_number, std::vector<std::string>& into,
                   std::initializer_list<std::string_view> otherwise) {
    Context& context = draft.context;
    const std::string& folder = draft.config.media.sounds;
    const std::string number(Announcements::kNumber);
    const auto item = s.take(key);
    if (!item) {
        for (const std::string_view word : otherwise) into.push_back(word == number ? number : resolved(word, folder));
        return;
    }
    const std::vector<Item> words = context.list(*item, "sounds");
    if (words.empty() || words.size() > kSentenceMax)
        context.problem(*item, "expected 1 to " + std::to_string(kSentenceMax) + " sounds");
    bool has_number = false;
    for (const Item& word : words) {
        std::string path;
        if (word.is_scalar() && word.text() == number)
            path = number;
        else
            context.read_sound(word, path, folder);
        has_number = has_number || path == number;
        if (!path.empty()) into.push_back(std::move(path));
    }
    if (says_number && !has_number) context.problem(*item, "expected the word number among the sounds");
}

/// A number has a file of its own, or is said as its tens and units.
std::vector<std::string> files_that_say(Context& context, const std::string& folder, int number) {
    const auto file = [&](int n) { return resolved(std::to_string(n) + ".wav", folder); };
    const int tens = number / 10 * 10, units = number % 10;
    if (number <= 20 || units == 0 || context.wav(file(number)).wrong.empty()) return {file(number)};
    return {file(tens), file(units)};
}

/// Now they are needed. What is wrong with one is told where that is said, for the names may be ours.
void find_sounds(Draft& draft, const Item& needed_by) {
    Context& context = draft.context;
    Announcements& into = draft.config.media.announcements;
    if (!into.spoken.empty()) return;
    into.spoken.resize(kSpokenMax + 1);
    for (int n = 1; n <= kSpokenMax; ++n)
        into.spoken[static_cast<std::size_t>(n)] = files_that_say(context, into.numbers, n);
    std::vector<std::vector<std::string>> all = into.spoken;
    all.insert(all.end(), {into.next, into.position, into.expected_wait, into.one_minute});
    for (const auto& files : all)
        for (const std::string& file : files)
            if (file != Announcements::kNumber && !context.wav(file).wrong.empty())
                return context.problem(needed_by,
                                       "expected the sounds of media.announcements; " + context.wav(file).wrong);
}

}  // namespace

void read_announcements(Draft& draft, Section& media) {
    Announcements& into = draft.config.media.announcements;
    const auto item = media.take("announcements");
    Section s(draft.context, item, "media.announcements");
    const std::string_view number = Announcements::kNumber;
    read_sentence(draft, s, "next", false, into.next, {"queue-youarenext.wav"});
    read_sentence(draft, s, "position", true, into.position, {"queue-thereare.wav", number, "queue-callswaiting.wav"});
    read_sentence(draft, s, "expected_wait", true, into.expected_wait,
                  {"queue-holdtime.wav", "queue-less-than.wav", number, "queue-minutes.wav"});
    read_sentence(draft, s, "one_minute", false, into.one_minute,
                  {"queue-holdtime.wav", "queue-less-than.wav", number, "queue-minute.wav"});
    into.numbers = resolved("digits", draft.config.media.sounds);
    if (const auto folder = s.take("numbers"); folder && draft.context.sounds_matter)
        draft.context.read_folder(*folder, into.numbers, draft.config.media.sounds);
    s.finish();
}

void read_announce(Draft& draft, Section& queue, Announce& into) {
    const auto item = queue.take("announce");
    Section s(draft.context, item, "queues.<name>.announce");
    s.duration("after", into.after, 0s, 1h);
    s.duration("every", into.every, 10s, 1h);
    s.boolean("position", into.position);
    s.boolean("expected_wait", into.expected_wait);
    s.finish();
    if (into.after == 0s || !item) return;
    if (!into.position && !into.expected_wait)
        draft.context.problem(*item, "expected position, expected_wait or both: else there is nothing to tell");
    if (draft.context.sounds_matter) find_sounds(draft, *item);
}

}  // namespace centrala::config
