#include "io/socket_options.h"

#include <gtest/gtest.h>

#include "io/address.h"

namespace ringstorm {
namespace {

Descriptor socket_of(int family) {
  return Descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

const SocketTuning kEverything{.no_delay = true,
                               .receive_buffer = 50'000,
                               .send_buffer = 60'000,
                               .keepalive = true,
                               .keepalive_idle = seconds(31),
                               .keepalive_interval = seconds(7),
                               .keepalive_count = 5,
                               .congestion = "reno",
                               .tos = 184,
                               .quick_ack = true,
                               .bind_device = "lo"};

class SocketOptionsOf : public testing::TestWithParam<int> {};

TEST_P(SocketOptionsOf, AreWhatTheKernelThenSays) {
  const Descriptor socket = socket_of(GetParam());
  ASSERT_EQ(set_options(socket.get(), socket_options(kEverything, GetParam())), 0);
  const SocketValues values = read_socket_values(socket.get());
  EXPECT_EQ(values.receive_buffer, 100'000u);  // doubled, see socket(7)
  EXPECT_EQ(values.send_buffer, 120'000u);
  EXPECT_EQ(values.no_delay, true);
  EXPECT_EQ(values.keepalive, true);
  EXPECT_EQ(values.keepalive_idle, seconds(31));
  EXPECT_EQ(values.keepalive_interval, seconds(7));
  EXPECT_EQ(values.keepalive_count, 5u);
  EXPECT_EQ(values.congestion, "reno");
  EXPECT_EQ(values.tos, 184u);
  EXPECT_EQ(values.quick_ack, true);
  EXPECT_EQ(values.bind_device, "lo");
}

TEST_P(SocketOptionsOf, WithoutAWishAreTheMachines) {
  const Descriptor untouched = socket_of(GetParam());
  const Descriptor socket = socket_of(GetParam());
  SocketTuning none;
  none.no_delay = false;
  ASSERT_EQ(set_options(socket.get(), socket_options(none, GetParam())), 0);
  EXPECT_EQ(read_socket_values(socket.get()), read_socket_values(untouched.get()));
}

INSTANTIATE_TEST_SUITE_P(Families, SocketOptionsOf, testing::Values(AF_INET, AF_INET6),
                         [](const auto& test) { return std::string{test.param == AF_INET ? "V4" : "V6"}; });

TEST(SocketOptions, AUnixSocketHasBuffersOnly) {
  const Descriptor socket = socket_of(AF_UNIX);
  const auto options = socket_options(kEverything, AF_UNIX);
  EXPECT_EQ(options.size(), 2u);
  ASSERT_EQ(set_options(socket.get(), options), 0);
  const SocketValues values = read_socket_values(socket.get());
  EXPECT_EQ(values.send_buffer, 120'000u);
  EXPECT_EQ(values.no_delay, std::nullopt);
  EXPECT_EQ(values.congestion, std::nullopt);
}

TEST(SocketOptions, TheDefaultIsNoDelayAlone) {
  EXPECT_EQ(socket_options({}, AF_INET).size(), 1u);
  EXPECT_TRUE(try_socket_options({}, AF_INET));
  EXPECT_TRUE(try_socket_options(kEverything, AF_INET6));
}

TEST(SocketOptions, EveryRefusalNamesItsField) {
  SocketTuning tuning;
  tuning.congestion = "nonesuch";
  tuning.bind_device = "no-such-if";
  tuning.keepalive = true;
  tuning.keepalive_count = 200;
  const auto status = try_socket_options(tuning, AF_INET);
  ASSERT_FALSE(status);
  ASSERT_EQ(status.errors().size(), 3u);
  EXPECT_EQ(to_string(status.errors()[0]),
            "/socket/keepalive/count: the kernel refuses 200: Invalid argument");
  EXPECT_EQ(status.errors()[1].where, "/socket/congestion");
  EXPECT_EQ(status.errors()[1].what, "the kernel refuses \"nonesuch\": No such file or directory");
  EXPECT_NE(status.errors()[1].hint.find("reno"), std::string::npos) << status.errors()[1].hint;
  EXPECT_EQ(to_string(status.errors()[2]),
            "/socket/bind_device: the kernel refuses \"no-such-if\": No such device");
}

}  // namespace
}  // namespace ringstorm
