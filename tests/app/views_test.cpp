// Tables of what the control socket answers.
#include "app/views.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace centrala::app {
namespace {

using testing::HasSubstr;

TEST(AgentsText, ShowsWhoAsksForABreakAndSinceWhen) {
    const Reply reply{
        {"agents",
         Reply::array(
             {{{"agent", "ann"}, {"state", "ready"}, {"reason", ""}, {"asks_for", "lunch"}, {"asked_ms", 185'000}}})}};
    EXPECT_THAT(agents_text(reply, {}), HasSubstr("asked for lunch 3:05 ago"));
}

}  // namespace
}  // namespace centrala::app
