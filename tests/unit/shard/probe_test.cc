#include "shard/probe.h"

#include <initializer_list>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Quality = KernelStamp::Quality;

Instant at_us(std::int64_t us) {
  return Instant{seconds(100) + microseconds(us)};
}
KernelStamp exact(std::int64_t us) {
  return {at_us(us), Quality::exact};
}
KernelStamp poor(Quality quality) {
  return {at_us(20), quality};
}

// What a probe is told, in the order of a row.
struct Sends {
  std::size_t bytes;
};
struct Sent {
  std::int64_t us;
};
struct Transmitted {
  std::uint32_t key;
  KernelStamp stamp;
};
struct Received {
  KernelStamp stamp;
};
struct Handled {
  std::int64_t us;
  bool ends_receive = true;
};
struct GivenUp {};
using Event = std::variant<Sends, Sent, Transmitted, Received, Handled, GivenUp>;

/// Tells a probe all of it and gathers the samples.
class Teller {
 public:
  void operator()(const Sends& event) { probe_.sends(event.bytes); }
  void operator()(const Sent& event) { probe_.sent(at_us(event.us), counters); }
  void operator()(const Transmitted& event) { keep(probe_.transmitted(event.key, event.stamp, counters)); }
  void operator()(const Received& event) { probe_.received(event.stamp); }
  void operator()(const Handled& event) {
    keep(probe_.handled(at_us(event.us), event.ends_receive, counters));
  }
  void operator()(const GivenUp&) { probe_.give_up(counters); }

  ProbeCounters counters;
  std::vector<ProbeSample> samples;

 private:
  void keep(const std::optional<ProbeSample>& sample) {
    if (sample) samples.push_back(*sample);
  }
  Probe probe_;
};

TEST(ProbeTest, StampsAndMessagesAreMatched) {
  struct Row {
    const char* what;
    std::vector<Event> events;
    std::vector<std::pair<int, int>> samples;  ///< network and server, receive queueing: in us
    std::uint64_t ProbeCounters::*reason = nullptr;
  };
  const Row rows[] = {
      {"stamp before reply",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{exact(40)}, Handled{48}},
       {{25, 8}}},
      {"stamp after reply",
       {Sends{30}, Sent{10}, Received{exact(40)}, Handled{48}, Transmitted{29, exact(15)}},
       {{25, 8}}},
      {"something else received before the stamp comes",
       {Sends{30}, Sent{10}, Received{exact(40)}, Handled{48}, Received{exact(60)},
        Transmitted{29, exact(15)}},
       {{25, 8}}},
      {"stamp after the next message was sent",
       {Sends{30}, Sent{10}, Received{exact(40)}, Handled{48}, Sends{30}, Sent{50},
        Transmitted{29, exact(15)}, GivenUp{}},
       {},
       &ProbeCounters::no_transmit_stamp},
      {"no stamp at all",
       {Sends{30}, Sent{10}, Received{exact(40)}, Handled{48}, GivenUp{}},
       {},
       &ProbeCounters::no_transmit_stamp},
      {"the stamp of a part of the send",
       {Sends{30}, Sent{10}, Transmitted{11, exact(15)}, Received{exact(40)}, Handled{48}, GivenUp{}},
       {},
       &ProbeCounters::no_transmit_stamp},
      {"told twice, as of bytes sent again: the first counts",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Transmitted{29, exact(35)}, Received{exact(40)},
        Handled{48}},
       {{25, 8}}},
      {"the handshake before the first message counts in the key",
       {Sends{180}, Transmitted{179, exact(1)}, Received{exact(5)}, Sends{30}, Sent{10},
        Transmitted{209, exact(15)}, Received{exact(40)}, Handled{48}},
       {{25, 8}}},
      {"a key beyond 2^32",
       {Sends{0xFFFF'FFF0}, Sends{30}, Sent{10}, Transmitted{13, exact(15)}, Received{exact(40)},
        Handled{48}},
       {{25, 8}}},
      {"a reply in three receives: the last one's stamp",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{poor(Quality::crowded)},
        Received{exact(35)}, Received{exact(40)}, Handled{48}},
       {{25, 8}}},
      {"a reply whose last receive left bytes behind",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{poor(Quality::crowded)}, Handled{48}},
       {},
       &ProbeCounters::crowded},
      {"a reply with another message behind it in one receive",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{exact(40)}, Handled{48, false}},
       {},
       &ProbeCounters::crowded},
      {"a receive without a stamp",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{KernelStamp{}}, Handled{48}},
       {},
       &ProbeCounters::no_receive_stamp},
      {"a receive without a stamp is not taken for the one before",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{exact(40)}, Handled{48}, Sends{30},
        Sent{60}, Transmitted{59, exact(65)}, Received{KernelStamp{}}, Handled{99}},
       {{25, 8}},
       &ProbeCounters::no_receive_stamp},
      {"a clock that was set before the reply",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{poor(Quality::stepped)}, Handled{48}},
       {},
       &ProbeCounters::stepped},
      {"a clock that was set before the stamp",
       {Sends{30}, Sent{10}, Transmitted{29, poor(Quality::stepped)}, Received{exact(40)}, Handled{48}},
       {},
       &ProbeCounters::stepped},
      {"sent by the kernel before by us",
       {Sends{30}, Sent{10}, Transmitted{29, exact(9)}, Received{exact(40)}, Handled{48}},
       {},
       &ProbeCounters::out_of_order},
      {"received before sent",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{exact(14)}, Handled{48}},
       {},
       &ProbeCounters::out_of_order},
      {"received after handled",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Received{exact(49)}, Handled{48}},
       {},
       &ProbeCounters::out_of_order},
      {"all at one instant",
       {Sends{30}, Sent{10}, Transmitted{29, exact(10)}, Received{exact(10)}, Handled{10}},
       {{0, 0}}},
      {"no reply",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, GivenUp{}},
       {},
       &ProbeCounters::unanswered},
      {"followed by another before its reply",
       {Sends{30}, Sent{10}, Transmitted{29, exact(15)}, Sends{30}, Sent{20}, Transmitted{59, exact(25)},
        Received{exact(40)}, Handled{48}},
       {{15, 8}},
       &ProbeCounters::unanswered},
      {"a reply nobody waits for", {Received{exact(40)}, Handled{48}, GivenUp{}}, {}},
  };
  for (const Row& row : rows) {
    Teller teller;
    for (const Event& event : row.events) std::visit(teller, event);
    ASSERT_EQ(teller.samples.size(), row.samples.size()) << row.what;
    for (std::size_t i = 0; i < row.samples.size(); ++i) {
      EXPECT_EQ(teller.samples[i].network_and_server, microseconds(row.samples[i].first)) << row.what;
      EXPECT_EQ(teller.samples[i].receive_queueing, microseconds(row.samples[i].second)) << row.what;
    }
    EXPECT_EQ(teller.counters.samples, row.samples.size()) << row.what;
    if (row.reason != nullptr) {
      EXPECT_GE(teller.counters.*row.reason, 1u) << row.what;
    }
    std::uint64_t sent = 0;
    for (const Event& event : row.events) sent += std::holds_alternative<Sent>(event);
    EXPECT_EQ(teller.counters.messages(), sent) << row.what;
  }
}

TEST(ProbeTest, CountersAddUp) {
  const ProbeCounters one{.samples = 1,
                          .no_transmit_stamp = 2,
                          .no_receive_stamp = 4,
                          .crowded = 8,
                          .stepped = 16,
                          .out_of_order = 32,
                          .unanswered = 64};
  ProbeCounters sum = one;
  sum += one;
  EXPECT_EQ(one.messages(), 127u);
  EXPECT_EQ(sum.messages(), 254u);
  EXPECT_EQ(sum.crowded, 16u);
}

}  // namespace
}  // namespace ringstorm
