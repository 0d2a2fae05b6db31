// The kernel's ring itself: how it opens, how it refuses to, and how long it waits.
#include "io/uring.h"

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "io/listener.h"
#include "unit/io/ring_world.h"

namespace ringstorm {
namespace {

class UringTest : public testing::TestWithParam<Capabilities> {
 protected:
  void SetUp() override {
    if (!GetParam().sufficient())
      GTEST_SKIP() << "this kernel lacks what the engine needs: " << GetParam().error;
  }
};

// In a process of its own: liburing raises the soft limit as far as it may, and a hard limit once lowered
// stays low.
void open_with_65_slots_and_64_files(const Capabilities& capabilities) {
  const rlimit low{64, 64};
  if (::setrlimit(RLIMIT_NOFILE, &low) != 0) std::_Exit(1);
  if (!Uring::open({.slots = 64}, capabilities)) std::_Exit(2);
  const auto ring = Uring::open({.slots = 65}, capabilities);
  if (ring) std::_Exit(3);
  std::cerr << to_string(ring.error());
  std::_Exit(0);
}

TEST_P(UringTest, MoreSlotsThanOpenFilesIsAClearError) {
  EXPECT_EXIT(open_with_65_slots_and_64_files(GetParam()), testing::ExitedWithCode(0),
              "registering a table of direct descriptors: Too many open files .*the limit of open files");
}

TEST_P(UringTest, AnImpossibleBufferRingIsAClearError) {
  const auto ring = Uring::open({.receive_buffers = 3}, GetParam());  // not a power of two
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().where, "registering the receive buffers");
  EXPECT_EQ(ring.error().what, "Invalid argument");
}

TEST_P(UringTest, AnImpossibleQueueIsAClearError) {
  const auto ring = Uring::open({.entries = 0}, GetParam());
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().where, "io_uring_setup");
  EXPECT_EQ(ring.error().what, "Invalid argument");
}

TEST_P(UringTest, AWaitEndsWithItsTime) {
  RingEnd end({.slots = 1}, GetParam());
  const Instant until = end.ring().now() + milliseconds(20);
  for (const std::uint32_t completions : {1U, 16U}) {
    end.sockets().submit_and_wait(
        {.until = until, .completions = completions, .at_most_after_first = microseconds(20)});
    EXPECT_GE(end.ring().now(), until);
  }
}

TEST_P(UringTest, APollDoesNotWait) {
  RingEnd end({.slots = 1}, GetParam());
  end.sockets().submit_and_wait({.completions = 0});
  end.sockets().submit_and_wait({.until = Instant{}});
  end.sockets().submit_and_wait({.until = end.ring().now() - seconds(1)});
  SUCCEED() << "none of them waits for ever";
}

// One completion comes although 16 were asked for: the bound ends the wait long before `until`.
TEST_P(UringTest, AWaitForManyIsContentWithOneInTheEnd) {
  RingEnd end({.slots = 1}, GetParam());
  const auto nobody = listen_on(*parse_listen_address("127.0.0.1:0"), 1, false)->address;
  const Instant begin = end.ring().now();
  end.sockets().connect(0, nobody);
  end.sockets().submit_and_wait(
      {.until = begin + seconds(60), .completions = 16, .at_most_after_first = milliseconds(2)});
  EXPECT_LT(end.ring().now(), begin + seconds(30));
  EXPECT_TRUE(end.sockets().deliver(end));
  EXPECT_EQ(end.seen(0).connect_failed, Failure{Cause::connect_refused});
}

// Closing and the first look cost no wait either: what was returned before is used up.
TEST_P(UringTest, EndingARingWithThingsUnderWayIsFine) {
  auto listener = listen_on(*parse_listen_address("127.0.0.1:0"), 4, false);
  ASSERT_TRUE(listener);
  RingEnd client({.slots = 2}, GetParam());
  RingEnd server({.slots = 2}, GetParam());
  server.sockets().accept(listener->socket.get());
  client.sockets().connect(0, listener->address);
  ASSERT_TRUE(turn_until(client, server, [&] { return client.seen(0).connected; }));
}

INSTANTIATE_TEST_SUITE_P(Fallbacks, UringTest, testing::ValuesIn(every_fallback()),
                         [](const auto& fallback) { return name_of(fallback.param); });

}  // namespace
}  // namespace ringstorm
