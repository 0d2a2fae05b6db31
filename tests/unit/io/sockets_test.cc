// Sockets over the kernel's ring, on loopback, with every set of features the engine can run on.
#include "io/sockets.h"

#include <algorithm>
#include <deque>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "io/listener.h"
#include "unit/io/ring_world.h"

namespace ringstorm {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string pattern(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('!' + (i + i / 90) % 90);
  return text;
}

class SocketsOverUring : public testing::TestWithParam<Capabilities> {
 protected:
  static constexpr UringOptions kSmall{.entries = 64,
                                       .completion_entries = 128,
                                       .slots = 8,
                                       .receive_buffers = 16,
                                       .receive_buffer_bytes = 1024};

  void SetUp() override {
    if (!GetParam().sufficient())
      GTEST_SKIP() << "this kernel lacks what the engine needs: " << GetParam().error;
    make_ends(kSmall, kSmall);
  }

  void make_ends(const UringOptions& clients, const UringOptions& servers, int backlog = 16) {
    client_ = std::make_unique<RingEnd>(clients, GetParam());
    server_ = std::make_unique<RingEnd>(servers, GetParam());
    auto listener = listen_on(*parse_listen_address("127.0.0.1:0"), backlog, false);
    ASSERT_TRUE(listener);
    listener_ = std::move(listener).value();
  }
  void listen() { server_->sockets().accept(listener_.socket.get()); }

  // The server sends back whatever comes, in order.
  void echo() {
    server_->received = [this](Slot slot, std::string_view bytes) {
      to_echo_[slot].emplace_back(bytes);
      if (!server_->sockets().sending(slot)) send_front(slot);
    };
    server_->sent = [this](Slot slot) {
      to_echo_[slot].pop_front();
      if (!to_echo_[slot].empty()) send_front(slot);
    };
    server_->ended = [this](Slot slot) { server_->sockets().close(slot); };
    server_->closed = [this](Slot slot) { to_echo_[slot].clear(); };
  }

  // The last piece lazily: nothing waits for it.
  void send_front(Slot slot) {
    const Notice notice = to_echo_[slot].size() > 1 ? Notice::prompt : Notice::lazy;
    server_->sockets().send(slot, bytes_of(to_echo_[slot].front()), notice);
  }
  void connect(Slot slot) { client_->sockets().connect(slot, listener_.address); }
  bool until(const std::function<bool()>& done) { return turn_until(*client_, *server_, done); }

  Listener listener_;
  std::array<std::deque<std::string>, 8> to_echo_;
  std::unique_ptr<RingEnd> client_;
  std::unique_ptr<RingEnd> server_;
};

TEST_P(SocketsOverUring, EchoesAndCloses) {
  listen();
  echo();
  const std::string payload = pattern(60'000);
  for (Slot slot = 0; slot < 8; ++slot) connect(slot);
  ASSERT_TRUE(until([&] {
    for (Slot slot = 0; slot < 8; ++slot) {
      if (!client_->seen(slot).connected) return false;
    }
    return true;
  }));
  for (Slot slot = 0; slot < 8; ++slot) client_->sockets().send(slot, bytes_of(payload));
  ASSERT_TRUE(until([&] {
    for (Slot slot = 0; slot < 8; ++slot) {
      if (client_->seen(slot).received.size() < payload.size()) return false;
    }
    return true;
  }));
  for (Slot slot = 0; slot < 8; ++slot) {
    EXPECT_EQ(client_->seen(slot).received, payload);
    EXPECT_EQ(client_->seen(slot).sent, 1);
    client_->sockets().close(slot);
  }
  ASSERT_TRUE(until([&] {
    for (Slot slot = 0; slot < 8; ++slot) {
      if (client_->seen(slot).closed == 0 || server_->seen(slot).closed == 0) return false;
    }
    return true;
  }));
  turn_for_a_while(*client_, *server_);
  for (Slot slot = 0; slot < 8; ++slot) {
    EXPECT_EQ(client_->seen(slot).closed, 1);
    EXPECT_EQ(server_->seen(slot).ended, Failure{Cause::connection_closed});
  }
}

// Lazy sends of every fate: done at once, too long for the socket's buffer, and to a peer that is gone.
TEST_P(SocketsOverUring, LazySendsAreFinishedAndTold) {
  listen();
  connect(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).connected && server_->seen(0).accepted; }));
  std::string expected;
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{8'000'000}, std::size_t{10}}) {
    std::string payload = pattern(size);
    expected += payload;
    const int sent = client_->seen(0).sent;
    client_->sockets().send(0, bytes_of(payload), Notice::lazy);
    ASSERT_TRUE(until([&] { return client_->seen(0).sent > sent; })) << size;
    std::fill(payload.begin(), payload.end(), '#');  // ours again
  }
  ASSERT_TRUE(until([&] { return server_->seen(0).received.size() == expected.size(); }));
  EXPECT_TRUE(server_->seen(0).received == expected);
  EXPECT_EQ(client_->seen(0).sent, 4);

  const std::string payload = pattern(8'000'000);
  server_->sockets().pause_receiving(0);
  turn_for_a_while(*client_, *server_);
  client_->sockets().send(0, bytes_of(payload), Notice::lazy);
  turn_for_a_while(*client_, *server_);
  server_->sockets().close(0);
  ASSERT_TRUE(until([&] { return static_cast<bool>(client_->seen(0).ended); }));
  // The kernel reports a reset once: when the send is told first, the receive sees only an end of stream.
  const Cause cause = client_->seen(0).ended.cause;
  EXPECT_TRUE(cause == Cause::connection_reset || cause == Cause::connection_closed);
  EXPECT_EQ(client_->seen(0).sent, 4);
  client_->sockets().close(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).closed == 1; }));
}

TEST_P(SocketsOverUring, ClosingRightAfterALazySendDeliversIt) {
  listen();
  const std::string payload = pattern(100);
  connect(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).connected && server_->seen(0).accepted; }));
  client_->sockets().send(0, bytes_of(payload), Notice::lazy);
  client_->sockets().close(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).closed == 1 && server_->seen(0).ended; }));
  EXPECT_EQ(server_->seen(0).received, payload);
}

TEST_P(SocketsOverUring, ASlotServesOneSocketAfterAnother) {
  listen();
  echo();
  for (int round = 1; round <= 20; ++round) {
    connect(3);
    ASSERT_TRUE(until([&] { return client_->seen(3).connected; }));
    const std::string text = "round " + std::to_string(round);
    client_->sockets().send(3, bytes_of(text));
    ASSERT_TRUE(until([&] { return client_->seen(3).received == text; })) << client_->seen(3).received;
    client_->sockets().close(3);
    ASSERT_TRUE(until([&] { return client_->seen(3).closed == 1; }));
    client_->seen(3) = {};
  }
  EXPECT_EQ(client_->sockets().counters().late_completions, 0u);
}

TEST_P(SocketsOverUring, ARefusedConnectSaysSo) {
  const SocketAddress nobody = listener_.address;
  listener_.socket = Descriptor();
  client_->sockets().connect(0, nobody);
  ASSERT_TRUE(until([&] { return client_->seen(0).closed == 1; }));
  EXPECT_EQ(client_->seen(0).connect_failed, Failure{Cause::connect_refused});
  EXPECT_FALSE(client_->seen(0).connected);
}

TEST_P(SocketsOverUring, ComesFromTheSourceItIsGiven) {
  listen();
  SocketAddress source = ip_address(std::array<std::uint8_t, 4>{127, 0, 7, 7}, 40'123);
  client_->sockets().connect(0, listener_.address, Stamping::off, &source);
  ASSERT_TRUE(until([&] { return client_->seen(0).connected; }));
  // Read during the call: it may change at once. The same one to the same target is taken.
  client_->sockets().connect(1, listener_.address, Stamping::off, &source);
  source = ip_address(std::array<std::uint8_t, 4>{127, 0, 7, 8}, 40'123);
  client_->sockets().connect(2, listener_.address, Stamping::off, &source);
  source = ip_address(std::array<std::uint8_t, 4>{192, 0, 2, 1}, 40'123);  // RFC 5737: nobody's
  client_->sockets().connect(3, listener_.address, Stamping::off, &source);
  ASSERT_TRUE(until([&] {
    return client_->seen(1).closed == 1 && client_->seen(2).connected && client_->seen(3).closed == 1;
  }));
  EXPECT_EQ(client_->seen(1).connect_failed, Failure{Cause::no_local_port});
  EXPECT_EQ(client_->seen(3).connect_failed, Failure{Cause::no_local_port});
}

// Loopback drops the request for a connection when the backlog is full: nobody answers, and only giving up
// ends it.
class Blackhole : public SocketsOverUring {
 protected:
  void SetUp() override {
    SocketsOverUring::SetUp();
    if (IsSkipped()) return;
    make_ends(kSmall, kSmall, 1);
    for (int i = 0; i < 4; ++i) {
      fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(fillers_.back().get(), listener_.address.get(), listener_.address.length);
    }
  }
  std::vector<Descriptor> fillers_;
};

TEST_P(Blackhole, GivingUpAConnectEndsIt) {
  connect(0);
  turn_for_a_while(*client_, *server_);
  ASSERT_FALSE(client_->seen(0).connected);
  client_->sockets().close(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).closed == 1; }));
  EXPECT_FALSE(client_->seen(0).connect_failed);
}

TEST_P(Blackhole, GivingUpInTheSameTurnEndsIt) {
  connect(0);
  client_->sockets().close(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).closed == 1; }));
  EXPECT_FALSE(client_->seen(0).connect_failed);
}

TEST_P(Blackhole, GivingUpInTheNextTurnEndsIt) {
  connect(0);
  client_->turn();
  client_->sockets().close(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).closed == 1; }));
  EXPECT_FALSE(client_->seen(0).connect_failed);
}

TEST_P(SocketsOverUring, APausedSocketReceivesNothingUntilResumed) {
  listen();
  const std::string payload = pattern(200'000);
  Slot accepted = 0;
  server_->accepted = [&](Slot slot) { accepted = slot; };
  connect(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).connected && server_->seen(accepted).accepted; }));
  client_->sockets().pause_receiving(0);
  turn_for_a_while(*client_, *server_);
  server_->sockets().send(accepted, bytes_of(payload));
  turn_for_a_while(*client_, *server_);
  EXPECT_EQ(client_->seen(0).received.size(), 0u);
  client_->sockets().resume_receiving(0);
  client_->sockets().pause_receiving(0);  // at once: the receive may not have begun
  client_->sockets().resume_receiving(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).received.size() == payload.size(); }));
  EXPECT_EQ(client_->seen(0).received, payload);
}

TEST_P(SocketsOverUring, ResumingWhileStillReceivingArmsOneReceive) {
  listen();
  const std::string payload = pattern(200'000);
  Slot accepted = 0;
  server_->accepted = [&](Slot slot) { accepted = slot; };
  client_->received = [&](Slot slot, std::string_view) {
    client_->sockets().pause_receiving(slot);
    client_->sockets().resume_receiving(slot);
  };
  connect(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).connected && server_->seen(accepted).accepted; }));
  server_->sockets().send(accepted, bytes_of(payload));
  ASSERT_TRUE(until([&] { return client_->seen(0).received.size() == payload.size(); }));
  EXPECT_EQ(client_->seen(0).received, payload);
}

TEST_P(SocketsOverUring, ClosingGivesUpWhatIsUnderWay) {
  listen();
  const std::string payload = pattern(8'000'000);  // more than the two socket buffers hold
  Slot accepted = 0;
  server_->accepted = [&](Slot slot) {
    accepted = slot;
    server_->sockets().pause_receiving(slot);
  };
  connect(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).connected && server_->seen(accepted).accepted; }));
  client_->sockets().send(0, bytes_of(payload));
  turn_for_a_while(*client_, *server_);
  EXPECT_EQ(client_->seen(0).sent, 0);
  client_->sockets().close(0);
  ASSERT_TRUE(until([&] { return client_->seen(0).closed == 1; }));
  EXPECT_EQ(client_->seen(0).sent, 0);
  EXPECT_FALSE(client_->seen(0).ended);
  server_->sockets().resume_receiving(accepted);
  ASSERT_TRUE(until([&] { return static_cast<bool>(server_->seen(accepted).ended); }));
  EXPECT_EQ(server_->seen(accepted).received, payload.substr(0, server_->seen(accepted).received.size()));
}

TEST_P(SocketsOverUring, AResetPeerIsTold) {
  listen();
  connect(0);
  server_->accepted = [&](Slot slot) { server_->sockets().pause_receiving(slot); };
  ASSERT_TRUE(until([&] { return client_->seen(0).connected && server_->seen(0).accepted; }));
  turn_for_a_while(*client_, *server_);
  const std::string text = "nobody reads this";
  client_->sockets().send(0, bytes_of(text));
  ASSERT_TRUE(until([&] { return client_->seen(0).sent == 1; }));
  server_->sockets().close(0);  // with unread bytes: a reset
  ASSERT_TRUE(until([&] { return static_cast<bool>(client_->seen(0).ended); }));
  EXPECT_EQ(client_->seen(0).ended, Failure{Cause::connection_reset});
}

// Whatever is under way on the socket: a receive, nothing at all, or a send that the peer does not take.
TEST_P(SocketsOverUring, AResetIsOneForThePeer) {
  const std::string too_long = pattern(8'000'000);
  for (const std::string busy : {"receiving", "paused", "sending"}) {
    SCOPED_TRACE(busy);
    make_ends(kSmall, kSmall);
    listen();
    connect(0);
    ASSERT_TRUE(until([&] { return client_->seen(0).connected && server_->seen(0).accepted; }));
    if (busy != "receiving") server_->sockets().pause_receiving(0);
    if (busy == "sending") {
      client_->sockets().pause_receiving(0);
      server_->sockets().send(0, bytes_of(too_long));
    }
    turn_for_a_while(*client_, *server_);
    server_->sockets().reset(0);
    client_->sockets().resume_receiving(0);
    ASSERT_TRUE(until([&] { return client_->seen(0).ended && server_->seen(0).closed == 1; }));
    EXPECT_EQ(client_->seen(0).ended, Failure{Cause::connection_reset});
    EXPECT_FALSE(server_->seen(0).ended) << "nothing but on_closed follows";
    client_->sockets().close(0);
    ASSERT_TRUE(until([&] { return client_->seen(0).closed == 1; }));
  }
}

TEST_P(SocketsOverUring, TwoTinyBuffersAreEnough) {
  UringOptions tiny = kSmall;
  tiny.receive_buffers = 2;
  tiny.receive_buffer_bytes = 64;
  make_ends(tiny, kSmall);
  listen();
  echo();
  const std::string payload = pattern(20'000);
  for (Slot slot = 0; slot < 4; ++slot) connect(slot);
  ASSERT_TRUE(until([&] {
    for (Slot slot = 0; slot < 4; ++slot) {
      if (!client_->seen(slot).connected) return false;
    }
    return true;
  }));
  for (Slot slot = 0; slot < 4; ++slot) client_->sockets().send(slot, bytes_of(payload));
  ASSERT_TRUE(until([&] {
    for (Slot slot = 0; slot < 4; ++slot) {
      if (client_->seen(slot).received.size() < payload.size()) return false;
    }
    return true;
  }));
  for (Slot slot = 0; slot < 4; ++slot) EXPECT_EQ(client_->seen(slot).received, payload);
  EXPECT_GT(client_->sockets().counters().out_of_buffers, 0u);
}

// A queue of the smallest size: submissions leave before the turn ends and completions are held back, and
// nothing is lost.
TEST_P(SocketsOverUring, ATinyQueueLosesNothing) {
  UringOptions tiny = kSmall;
  tiny.entries = 4;
  tiny.completion_entries = 8;
  tiny.receive_buffer_bytes = 32;
  tiny.receive_buffers = 64;
  make_ends(tiny, tiny);
  listen();
  echo();
  const std::string payload = pattern(20'000);
  for (Slot slot = 0; slot < 8; ++slot) connect(slot);
  ASSERT_TRUE(until([&] {
    for (Slot slot = 0; slot < 8; ++slot) {
      if (!client_->seen(slot).connected) return false;
    }
    return true;
  }));
  for (Slot slot = 0; slot < 8; ++slot) client_->sockets().send(slot, bytes_of(payload));
  ASSERT_TRUE(until([&] {
    for (Slot slot = 0; slot < 8; ++slot) {
      if (client_->seen(slot).received.size() < payload.size()) return false;
    }
    return true;
  }));
  for (Slot slot = 0; slot < 8; ++slot) EXPECT_EQ(client_->seen(slot).received, payload);
}

// Who comes when the table is full is turned away by the kernel; the slots that become free meanwhile are
// used again, in whatever order the kernel tells of the one and the other.
TEST_P(SocketsOverUring, AFullTableGoesOnServing) {
  UringOptions two = kSmall;
  two.slots = 2;
  make_ends(kSmall, two);
  listen();
  constexpr int kConnections = 300;
  int begun = 0;
  int over = 0;
  int served = 0;
  const std::string text = "me";
  const auto close_server = [this](Slot slot) { server_->sockets().close(slot); };
  const auto close_client = [this](Slot slot) { client_->sockets().close(slot); };
  server_->accepted = [&](Slot) { ++served; };
  server_->received = [&](Slot slot, std::string_view) { close_server(slot); };
  server_->ended = close_server;
  client_->ended = close_client;
  client_->closed = [&](Slot slot) {
    ++over;
    client_->seen(slot) = {};
    if (begun++ < kConnections) connect(slot);
  };
  for (; begun < 8; ++begun) connect(static_cast<Slot>(begun));
  ASSERT_TRUE(until([&] {
    for (Slot slot = 0; slot < 8; ++slot) {
      const RingEnd::Seen& seen = client_->seen(slot);
      if (seen.connected && !seen.ended && seen.sent == 0 && !client_->sockets().sending(slot))
        client_->sockets().send(slot, bytes_of(text));
    }
    return over == kConnections;
  })) << over
      << " over, " << served << " served";
  EXPECT_GE(served, 2);
  EXPECT_EQ(served + static_cast<int>(server_->sockets().counters().accepts_without_room), kConnections);
}

INSTANTIATE_TEST_SUITE_P(Fallbacks, SocketsOverUring, testing::ValuesIn(every_fallback()),
                         [](const auto& fallback) { return name_of(fallback.param); });
INSTANTIATE_TEST_SUITE_P(Fallbacks, Blackhole, testing::ValuesIn(every_fallback()),
                         [](const auto& fallback) { return name_of(fallback.param); });

}  // namespace
}  // namespace ringstorm
