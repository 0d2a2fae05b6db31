#include "io/address.h"

#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "io/listener.h"

namespace ringstorm {
namespace {

std::string parsed(const std::string& text) {
  const auto address = parse_listen_address(text);
  return address ? address->to_string() : to_string(address.error());
}

TEST(Address, ParsesWhatAPersonWrites) {
  EXPECT_EQ(parsed("127.0.0.1:9001"), "127.0.0.1:9001");
  EXPECT_EQ(parsed("0.0.0.0:0"), "0.0.0.0:0");
  EXPECT_EQ(parsed("127.0.0.1:65535"), "127.0.0.1:65535");
  EXPECT_EQ(parsed("[::1]:80"), "[::1]:80");
}

TEST(Address, RefusesWhatIsNoHostAndPort) {
  for (const char* text :
       {"", ":", ":9001", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:9001x", "127.0.0.1:65536",
        "127.0.0.1:-1", "127.0.0.1: 1", "[]:1", "127.0.0.1:99999999999999999999"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().where, std::string("--listen ") + text);
    EXPECT_EQ(address.error().what, "expected HOST:PORT or unix:PATH");
  }
}

TEST(Address, LocalhostResolvesToLoopback) {
  const auto addresses = resolve("localhost", 9001);
  ASSERT_TRUE(addresses);
  for (const SocketAddress& address : *addresses) {
    EXPECT_TRUE(address.to_string() == "127.0.0.1:9001" || address.to_string() == "[::1]:9001")
        << address.to_string();
  }
}

// RFC 6761 reserves .invalid: no resolver may know it.
TEST(Address, ANameThatDoesNotResolveSaysSo) {
  const auto addresses = resolve("nowhere.invalid", 1);
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().where, "nowhere.invalid");
  EXPECT_NE(addresses.error().what.find("does not resolve"), std::string::npos);
}

TEST(Address, PortAndFamilyComeFromTheStorage) {
  SocketAddress address;
  auto& in = reinterpret_cast<sockaddr_in6&>(address.storage);
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(443);
  ASSERT_EQ(::inet_pton(AF_INET6, "2001:db8::1", &in.sin6_addr), 1);
  address.length = sizeof in;
  EXPECT_EQ(address.family(), AF_INET6);
  EXPECT_EQ(address.port(), 443);
  EXPECT_EQ(address.to_string(), "[2001:db8::1]:443");
}

TEST(Listening, OnPortZeroTellsThePortItGot) {
  const auto listener = listen_on(*parse_listen_address("127.0.0.1:0"), 16, false);
  ASSERT_TRUE(listener);
  EXPECT_NE(listener->address.port(), 0);
  int value = 0;
  socklen_t size = sizeof value;
  ASSERT_EQ(::getsockopt(listener->socket.get(), IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  EXPECT_NE(value, 0);
  ASSERT_EQ(::getsockopt(listener->socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &value, &size), 0);
  EXPECT_NE(value, 0);
}

TEST(Listening, TwiceOnAPortNeedsSharing) {
  const auto shared = listen_on(*parse_listen_address("127.0.0.1:0"), 16, true);
  ASSERT_TRUE(shared);
  EXPECT_TRUE(listen_on(shared->address, 16, true));
  const auto alone = listen_on(*parse_listen_address("127.0.0.1:0"), 16, false);
  ASSERT_TRUE(alone);
  const auto second = listen_on(alone->address, 16, false);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().where, alone->address.to_string());
  EXPECT_EQ(second.error().what, "cannot listen: bind: Address already in use");
}

TEST(DescriptorTest, ClosesOnceAndMoves) {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  {
    Descriptor first(fd);
    Descriptor second(std::move(first));
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): a moved-from descriptor holds nothing
    EXPECT_EQ(second.get(), fd);
    Descriptor third;
    third = std::move(second);
    EXPECT_EQ(third.get(), fd);
    EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

}  // namespace
}  // namespace ringstorm
