// Commands from one thread to another.
#include "media/command_queue.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "media/support.hpp"

namespace centrala::media {
namespace {

TEST(CommandQueue, KeepsOrderAcrossSegmentsBetweenTwoThreads) {
    CommandQueue<std::unique_ptr<int>> queue;
    constexpr int kCount = 100'000;
    std::thread reader([&] {
        for (int expected = 0; expected < kCount;) {
            auto* front = queue.front();
            if (!front) {
                std::this_thread::yield();
                continue;
            }
            ASSERT_EQ(**front, expected);
            queue.pop();
            ++expected;
        }
    });
    for (int i = 0; i < kCount; ++i) queue.push(std::make_unique<int>(i));
    reader.join();
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(queue.front(), nullptr);
    for (int i = 0; i < 300; ++i) queue.push(std::make_unique<int>(i));  // left over: freed with the queue
    EXPECT_EQ(queue.size(), 300u);
}

}  // namespace
}  // namespace centrala::media
