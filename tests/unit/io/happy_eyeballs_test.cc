#include "io/happy_eyeballs.h"

#include <gtest/gtest.h>

#include "io/listener.h"

namespace ringstorm {
namespace {

SocketAddress literal(const char* host, std::uint16_t port) {
  return resolve(host, port)->front();
}

TEST(HappyEyeballs, FamiliesTakeTurns) {
  const std::vector<SocketAddress> addresses{literal("2001:db8::1", 1), literal("2001:db8::2", 1),
                                             literal("2001:db8::3", 1), literal("192.0.2.1", 1),
                                             literal("192.0.2.2", 1)};
  EXPECT_EQ(happy_order(addresses), (std::vector<std::size_t>{0, 3, 1, 4, 2}));
  EXPECT_EQ(happy_order(std::span(addresses).subspan(2)), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(happy_order({}).empty());
}

// A listening address and one of the same port on which nobody listens, which refuses.
struct Pair {
  Result<Listener> listener = listen_on(literal("127.0.0.1", 0), 16, false);
  SocketAddress good = listener->address;
  SocketAddress refuses = literal("127.0.0.2", good.port());
};

TEST(HappyEyeballs, ThePreferredOneWinsWhenItAnswers) {
  const Pair pair;
  EXPECT_EQ(first_to_accept(std::vector{pair.good, pair.refuses}, seconds(20)), 0u);
}

TEST(HappyEyeballs, ARefusalLetsTheNextBegin) {
  const Pair pair;
  EXPECT_EQ(first_to_accept(std::vector{pair.refuses, pair.refuses, pair.good}, seconds(20)), 2u);
}

TEST(HappyEyeballs, NobodyAccepts) {
  const Pair pair;
  EXPECT_EQ(first_to_accept(std::vector{pair.refuses, pair.refuses}, seconds(20)), std::nullopt);
  EXPECT_EQ(first_to_accept({}, seconds(20)), std::nullopt);
}

// A full queue lets callers wait: the kernel drops their first packets.
TEST(HappyEyeballs, OneThatDoesNotAnswerHoldsNobodyUp) {
  const auto deaf = listen_on(literal("127.0.0.3", 0), 0, false);
  ASSERT_TRUE(deaf);
  std::vector<Descriptor> queue;
  for (int i = 0; i < 4; ++i) {
    queue.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::connect(queue.back().get(), deaf->address.get(), deaf->address.length);
  }
  const Pair pair;
  EXPECT_EQ(first_to_accept(std::vector{deaf->address, pair.good}, seconds(20)), 1u);
  EXPECT_EQ(first_to_accept(std::vector{deaf->address}, milliseconds(50)), std::nullopt);
}

}  // namespace
}  // namespace ringstorm
