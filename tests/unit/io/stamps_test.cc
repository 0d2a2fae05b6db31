// Stamped sockets over the kernel's ring, on loopback: the stamps lie where they must between our own
// readings of the clock, the keys count bytes, and what Sockets promises of plain sockets holds for these.
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include "io/kernel_stamps.h"
#include "io/listener.h"
#include "io/sockets.h"
#include "unit/io/ring_world.h"

namespace ringstorm {
namespace {

using Quality = KernelStamp::Quality;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string pattern(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('!' + (i + i / 90) % 90);
  return text;
}

std::string shape_of(const Capabilities& capabilities) {
  return std::string(capabilities.mixed_completions ? "Mixed" : "AllLarge") +
         (capabilities.defer_taskrun ? "Deferred" : "NotDeferred");
}

/// Where there are stamps, both sizes of completion queue entries, with and without deferred work.
std::vector<Capabilities> every_shape() {
  const Capabilities here = probe_capabilities();
  std::vector<Capabilities> all{here};
  for (unsigned without = 1; without < 4; ++without) {
    Capabilities less = here;
    less.mixed_completions = here.mixed_completions && (without & 1) == 0;
    less.defer_taskrun = here.defer_taskrun && (without & 2) == 0;
    const auto same = [&](const Capabilities& other) { return shape_of(other) == shape_of(less); };
    if (std::none_of(all.begin(), all.end(), same)) all.push_back(less);
  }
  return all;
}

class StampsOverUring : public testing::TestWithParam<Capabilities> {
 protected:
  static constexpr UringOptions kSmall{.entries = 64,
                                       .completion_entries = 128,
                                       .slots = 8,
                                       .receive_buffers = 16,
                                       .receive_buffer_bytes = 1024,
                                       .stamps = true};

  void SetUp() override {
    const Capabilities& here = GetParam();
    if (!here.kernel_stamps()) {
      GTEST_SKIP() << "this kernel lacks kernel timestamps: receive " << here.receive_stamps << ", transmit "
                   << here.transmit_stamps << ", socket options through the ring " << here.socket_options;
    }
    make_ends(kSmall);
  }

  void make_ends(const UringOptions& clients) {
    client_ = std::make_unique<RingEnd>(clients, GetParam());
    server_ = std::make_unique<RingEnd>(UringOptions{.slots = 8}, GetParam());
    auto listener = listen_on(*parse_listen_address("127.0.0.1:0"), 16, false);
    ASSERT_TRUE(listener);
    listener_ = std::move(listener).value();
    server_->sockets().accept(listener_.socket.get());
  }

  // The server sends back whatever comes, in order.
  void echo() {
    server_->received = [this](Slot slot, std::string_view bytes) {
      to_echo_[slot].emplace_back(bytes);
      if (!server_->sockets().sending(slot)) server_->sockets().send(slot, bytes_of(to_echo_[slot].front()));
    };
    server_->sent = [this](Slot slot) {
      to_echo_[slot].pop_front();
      if (!to_echo_[slot].empty()) server_->sockets().send(slot, bytes_of(to_echo_[slot].front()));
    };
    server_->ended = [this](Slot slot) { server_->sockets().close(slot); };
    server_->closed = [this](Slot slot) { to_echo_[slot].clear(); };
  }

  bool until(const std::function<bool()>& done) { return turn_until(*client_, *server_, done); }
  RingEnd::Seen& seen(Slot slot) { return client_->seen(slot); }

  void connect(Slot slot, Stamping stamping = Stamping::on) {
    client_->sockets().connect(slot, listener_.address, stamping);
    ASSERT_TRUE(until([&] { return seen(slot).connected; }));
    ASSERT_EQ(client_->sockets().stamped(slot), stamping == Stamping::on);
  }

  /// Sends and waits for as much to come back.
  void exchange(Slot slot, std::size_t bytes, Notice notice = Notice::prompt) {
    const std::string payload = pattern(bytes);
    seen(slot).received.clear();
    seen(slot).receive_stamps.clear();
    client_->sockets().send(slot, bytes_of(payload), notice);
    ASSERT_TRUE(
        until([&] { return seen(slot).received.size() == bytes && !client_->sockets().sending(slot); }));
    ASSERT_EQ(seen(slot).received, payload);
    sent_[slot] += bytes;
  }
  std::uint32_t last_key(Slot slot) const { return static_cast<std::uint32_t>(sent_[slot] - 1); }

  /// The kernel begins to stamp what is received some time after the first socket asked for it.
  void warm_up(Slot slot) {
    for (int i = 0; i < 1'000; ++i) {
      ASSERT_NO_FATAL_FAILURE(exchange(slot, 1));
      if (seen(slot).receive_stamps.back().exact()) return;
    }
    FAIL() << "no receive stamp in 1,000 receives";
  }

  Listener listener_;
  std::array<std::deque<std::string>, 8> to_echo_;
  std::array<std::uint64_t, 8> sent_{};
  std::unique_ptr<RingEnd> client_;
  std::unique_ptr<RingEnd> server_;
};

TEST_P(StampsOverUring, TheStampsLieBetweenOurOwnReadings) {
  echo();
  connect(0);
  ASSERT_NO_FATAL_FAILURE(warm_up(0));
  std::optional<Instant> handled;
  client_->received = [&](Slot, std::string_view) { handled = client_->ring().now(); };
  for (const std::size_t size : {1UL, 2UL, 20UL, 125UL, 944UL, 1'000UL, 5'000UL, 60'000UL}) {
    for (const Notice notice : {Notice::prompt, Notice::lazy}) {
      const Instant sent = client_->ring().now();
      ASSERT_NO_FATAL_FAILURE(exchange(0, size, notice));
      ASSERT_TRUE(until([&] { return seen(0).transmit_stamps.contains(last_key(0)); })) << size;
      const KernelStamp transmitted = seen(0).transmit_stamps[last_key(0)];
      const KernelStamp received = seen(0).receive_stamps.back();
      EXPECT_EQ(transmitted.quality, Quality::exact) << size;
      EXPECT_EQ(received.quality, Quality::exact) << size;
      EXPECT_LE(sent, transmitted.at) << size;
      EXPECT_LE(transmitted.at, received.at) << size;
      EXPECT_LE(received.at, *handled) << size;
    }
  }
  EXPECT_EQ(client_->ring().clock_steps(), 0u);
  EXPECT_EQ(client_->sockets().counters().stamps_refused, 0u);
}

TEST_P(StampsOverUring, TheKeyIsThePlaceOfTheLastByteSent) {
  echo();
  connect(0);
  std::vector<std::uint32_t> expected;
  for (const std::size_t size : {3UL, 1UL, 500UL, 7UL}) {
    ASSERT_NO_FATAL_FAILURE(exchange(0, size));
    expected.push_back(last_key(0));
  }
  ASSERT_TRUE(until([&] { return seen(0).transmit_stamps.size() == expected.size(); }));
  std::vector<std::uint32_t> keys;
  for (const auto& [key, stamp] : seen(0).transmit_stamps) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::uint32_t>{2, 3, 503, 510}));
  EXPECT_EQ(keys, expected);
}

TEST_P(StampsOverUring, PlainAndStampedSocketsShareARing) {
  echo();
  for (Slot slot = 0; slot < 8; ++slot) connect(slot, slot % 2 == 0 ? Stamping::on : Stamping::off);
  for (Slot slot = 0; slot < 8; ++slot) ASSERT_NO_FATAL_FAILURE(exchange(slot, 30'000));
  for (Slot slot = 0; slot < 8; ++slot) {
    const bool stamped = slot % 2 == 0;
    EXPECT_EQ(seen(slot).receive_stamps.empty(), !stamped) << slot;
    EXPECT_EQ(seen(slot).transmit_stamps.empty(), !stamped) << slot;
  }
}

// A buffer of 1,024 bytes holds 944 of payload: each receive but the last leaves bytes behind.
TEST_P(StampsOverUring, AReceiveThatLeavesBytesBehindIsCrowded) {
  echo();
  connect(0);
  ASSERT_NO_FATAL_FAILURE(warm_up(0));
  client_->sockets().pause_receiving(0);
  turn_for_a_while(*client_, *server_);
  const std::string payload = pattern(5'000);
  seen(0).received.clear();
  seen(0).receive_stamps.clear();
  client_->sockets().send(0, bytes_of(payload));
  turn_for_a_while(*client_, *server_);
  client_->sockets().resume_receiving(0);
  ASSERT_TRUE(until([&] { return seen(0).received.size() == payload.size(); }));
  ASSERT_EQ(seen(0).receive_stamps.size(), 6u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(seen(0).receive_stamps[i].quality, Quality::crowded) << i;
  EXPECT_EQ(seen(0).receive_stamps.back().quality, Quality::exact);
}

// Two messages that run together have one stamp, the second one's.
TEST_P(StampsOverUring, TheStampIsOfTheLastByte) {
  connect(0);
  echo();
  ASSERT_NO_FATAL_FAILURE(warm_up(0));
  server_->sent = [](Slot) {};
  to_echo_[0].clear();
  client_->sockets().pause_receiving(0);
  turn_for_a_while(*client_, *server_);
  seen(0).received.clear();
  seen(0).receive_stamps.clear();
  const std::string text = "ab";
  server_->sockets().send(0, bytes_of(text).first(1));
  ASSERT_TRUE(until([&] { return !server_->sockets().sending(0); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const Instant second = client_->ring().now();
  server_->sockets().send(0, bytes_of(text).last(1));
  ASSERT_TRUE(until([&] { return !server_->sockets().sending(0); }));
  client_->sockets().resume_receiving(0);
  ASSERT_TRUE(until([&] { return seen(0).received == text; }));
  ASSERT_EQ(seen(0).receive_stamps.size(), 1u);
  EXPECT_GE(seen(0).receive_stamps[0].at, second);
}

TEST_P(StampsOverUring, EachSocketOfASlotCountsFromZero) {
  echo();
  for (int round = 0; round < 20; ++round) {
    connect(3);
    sent_[3] = 0;
    ASSERT_NO_FATAL_FAILURE(exchange(3, 10));
    ASSERT_TRUE(until([&] { return seen(3).transmit_stamps.contains(9); })) << round;
    client_->sockets().close(3);
    ASSERT_TRUE(until([&] { return seen(3).closed == 1; })) << round;
    seen(3) = {};
  }
  EXPECT_EQ(client_->sockets().counters().late_completions, 0u);
}

TEST_P(StampsOverUring, ClosingGivesUpWhatIsUnderWay) {
  connect(0);
  server_->sockets().pause_receiving(0);
  turn_for_a_while(*client_, *server_);
  const std::string payload = pattern(8'000'000);  // more than the two socket buffers hold
  client_->sockets().send(0, bytes_of(payload));
  turn_for_a_while(*client_, *server_);
  ASSERT_EQ(seen(0).sent, 0);
  client_->sockets().close(0);
  ASSERT_TRUE(until([&] { return seen(0).closed == 1; }));
  EXPECT_FALSE(seen(0).ended);
}

TEST_P(StampsOverUring, ARefusedConnectSaysSo) {
  const SocketAddress nobody = listen_on(*parse_listen_address("127.0.0.1:0"), 1, false)->address;
  client_->sockets().connect(0, nobody, Stamping::on);
  ASSERT_TRUE(until([&] { return seen(0).closed == 1; }));
  EXPECT_EQ(seen(0).connect_failed, Failure{Cause::connect_refused});
  EXPECT_EQ(client_->sockets().counters().stamps_refused, 0u);
}

// The queue of errors, where the stamps wait, must not become a loop when there is a real error.
TEST_P(StampsOverUring, AResetPeerIsToldOnceAndCostsNothingAfterwards) {
  connect(0);
  ASSERT_TRUE(until([&] { return server_->seen(0).accepted; }));
  server_->sockets().pause_receiving(0);
  turn_for_a_while(*client_, *server_);
  const std::string text = "nobody reads this";
  client_->sockets().send(0, bytes_of(text));
  ASSERT_TRUE(until([&] { return seen(0).sent == 1; }));
  server_->sockets().close(0);  // with unread bytes: a reset
  ASSERT_TRUE(until([&] { return static_cast<bool>(seen(0).ended); }));
  EXPECT_EQ(seen(0).ended, Failure{Cause::connection_reset});
  turn_for_a_while(*client_, *server_);
  const std::uint64_t completions = client_->sockets().counters().completions;
  turn_for_a_while(*client_, *server_);
  EXPECT_EQ(client_->sockets().counters().completions, completions);
  client_->sockets().close(0);
  ASSERT_TRUE(until([&] { return seen(0).closed == 1; }));
}

TEST_P(StampsOverUring, TwoTinyBuffersAreEnough) {
  UringOptions tiny = kSmall;
  tiny.receive_buffers = 2;
  tiny.receive_buffer_bytes = StampedMessage::kPayloadOffset + 48;
  make_ends(tiny);
  echo();
  const std::string payload = pattern(20'000);
  for (Slot slot = 0; slot < 4; ++slot) connect(slot);
  for (Slot slot = 0; slot < 4; ++slot) client_->sockets().send(slot, bytes_of(payload));
  for (Slot slot = 0; slot < 4; ++slot)
    ASSERT_TRUE(until([&] { return seen(slot).received.size() == payload.size(); }));
  for (Slot slot = 0; slot < 4; ++slot) EXPECT_EQ(seen(slot).received, payload);
  EXPECT_GT(client_->sockets().counters().out_of_buffers, 0u);
}

// Completions of one size on a kernel that can mix them only as far as the queue has room: Linux 6.18 writes
// fillers there too, into the middle of other completions. The engine mixes where it can.
class StampsInATinyQueue : public StampsOverUring {};

// The smallest queue: completions are held back, large ones meet its end, and nothing is lost but stamps.
TEST_P(StampsInATinyQueue, LoseNoBytes) {
  UringOptions tiny = kSmall;
  tiny.entries = 4;
  tiny.completion_entries = 8;
  make_ends(tiny);
  echo();
  for (Slot slot = 0; slot < 8; ++slot) connect(slot, slot < 6 ? Stamping::on : Stamping::off);
  const std::string payload = pattern(40'000);
  for (int round = 1; round <= 5; ++round) {
    for (Slot slot = 0; slot < 8; ++slot) client_->sockets().send(slot, bytes_of(payload));
    for (Slot slot = 0; slot < 8; ++slot) {
      ASSERT_TRUE(until([&] {
        return seen(slot).received.size() == static_cast<std::size_t>(round) * payload.size() &&
               seen(slot).sent == round;
      }));
    }
  }
  for (Slot slot = 0; slot < 8; ++slot) {
    EXPECT_EQ(seen(slot).received.substr(4 * payload.size()), payload);
    client_->sockets().close(slot);
    ASSERT_TRUE(until([&] { return seen(slot).closed == 1; }));
  }
  EXPECT_EQ(client_->sockets().counters().stamps_refused, 0u);
}

INSTANTIATE_TEST_SUITE_P(Shapes, StampsOverUring, testing::ValuesIn(every_shape()),
                         [](const auto& shape) { return shape_of(shape.param); });

INSTANTIATE_TEST_SUITE_P(Here, StampsInATinyQueue, testing::Values(probe_capabilities()),
                         [](const auto& shape) { return shape_of(shape.param); });

TEST(StampsTest, WithoutTheCapabilityARingWithStampsIsAClearError) {
  Capabilities here = probe_capabilities();
  if (!here.sufficient()) GTEST_SKIP() << "this kernel lacks what the engine needs: " << here.error;
  here.transmit_stamps = false;
  const auto ring = Uring::open({.stamps = true}, here);
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().where, "kernel timestamps");
  EXPECT_TRUE(Uring::open({.slots = 4}, here)) << "a ring without them opens all the same";
}

TEST(StampsTest, BuffersWithoutRoomForTheStampAreAClearError) {
  const Capabilities here = probe_capabilities();
  if (!here.kernel_stamps()) GTEST_SKIP() << "this kernel lacks kernel timestamps";
  const auto ring = Uring::open({.slots = 4, .receive_buffer_bytes = 64, .stamps = true}, here);
  ASSERT_FALSE(ring);
  EXPECT_EQ(to_string(ring.error()), "receive buffers: 64 bytes each (stamped sockets need more than 80)");
}

TEST(StampsTest, APlainRingStampsNothing) {
  const Capabilities here = probe_capabilities();
  if (!here.sufficient()) GTEST_SKIP() << "this kernel lacks what the engine needs: " << here.error;
  RingEnd end({.slots = 1}, here);
  EXPECT_FALSE(end.ring().can_stamp());
  const SocketAddress address = *parse_listen_address("127.0.0.1:1");
  EXPECT_DEATH(end.sockets().connect(0, address, Stamping::on), "can_stamp");
}

/// A receive buffer as the kernel fills it.
std::vector<std::byte> buffer_with(std::uint32_t control_bytes, int type, timespec stamp,
                                   std::uint32_t payload) {
  std::vector<std::byte> buffer(StampedMessage::kPayloadOffset + payload);
  const std::uint32_t header[] = {0, control_bytes, payload, 0};
  const cmsghdr control{
      .cmsg_len = CMSG_LEN(3 * sizeof(timespec)), .cmsg_level = SOL_SOCKET, .cmsg_type = type};
  std::memcpy(buffer.data(), header, sizeof header);
  std::memcpy(buffer.data() + sizeof header, &control, sizeof control);
  std::memcpy(buffer.data() + sizeof header + CMSG_LEN(0), &stamp, sizeof stamp);
  return buffer;
}

TEST(StampsTest, AStampIsReadFromItsPlaceOrNotAtAll) {
  const timespec time{.tv_sec = 7, .tv_nsec = 9};
  EXPECT_EQ(stamp_in(buffer_with(64, SO_TIMESTAMPING, time, 5)), seconds(7) + nanoseconds(9));
  EXPECT_EQ(stamp_in(buffer_with(0, SO_TIMESTAMPING, time, 5)), Duration{0}) << "no control data";
  EXPECT_EQ(stamp_in(buffer_with(64, SO_TIMESTAMP, time, 5)), Duration{0}) << "something else";
  EXPECT_EQ(payload_bytes_in(buffer_with(64, SO_TIMESTAMPING, time, 5)), 5);
}

}  // namespace
}  // namespace ringstorm
