// What an exception out of a message, a timer or a command costs: itself.
#include "app/fault_guard.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace centrala::app::test {
namespace {

using testing::ElementsAre;

struct FaultGuardTest : testing::Test {
    std::vector<std::string> told;
    FaultGuard guard{[this](std::string_view during, std::string_view what, std::int64_t untold) {
        told.push_back(std::string(during) + ": " + std::string(what) + ", " + std::to_string(untold));
    }};
    Timestamp now{};
    static void fail() { throw std::runtime_error("oh"); }
};

TEST_F(FaultGuardTest, TellsAnExceptionAndGoesOn) {
    EXPECT_FALSE(guard.run("message", now, fail));
    EXPECT_TRUE(guard.run("message", now, [] {}));
    EXPECT_THAT(told, ElementsAre("message: oh, 0"));
}

TEST_F(FaultGuardTest, TellsOneASecondAndHowManyItKeptToItself) {
    for (int i = 0; i < 50; ++i) guard.run("message", now + 10ms * i, fail);
    guard.run("message", now + 1s, [] { throw 42; });
    EXPECT_THAT(told, ElementsAre("message: oh, 0", "message: not a std::exception, 49"));
}

TEST_F(FaultGuardTest, LetsNoNumberOfMessagesEndTheServer) {
    for (int i = 0; i < 1000; ++i) EXPECT_FALSE(guard.run("message", now, fail));
}

TEST_F(FaultGuardTest, GivesUpWhereTimersDoNothingButThrow) {
    for (unsigned i = 0; i + 1 < FaultGuard::kTimerFaultsMax; ++i) guard.run_timers(now, fail);
    guard.run_timers(now, [] {});  // one that went well: the count begins anew
    for (unsigned i = 0; i < FaultGuard::kTimerFaultsMax; ++i) guard.run_timers(now, fail);
    EXPECT_THROW(guard.run_timers(now, fail), std::runtime_error);
}

}  // namespace
}  // namespace centrala::app::test
