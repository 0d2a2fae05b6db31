// Unix sockets and the files that go with them.
#include "io/listener.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

class UnixListening : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ringstorm-listener-XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ + "/x.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  SocketAddress address() const { return *parse_listen_address("unix:" + path_); }
  bool there() const { return std::filesystem::is_socket(path_); }
  static bool accepts(const SocketAddress& address) {
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(socket.get(), address.get(), address.length) == 0;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(UnixListening, AnAddressIsItsPath) {
  EXPECT_EQ(address().to_string(), "unix:" + path_);
  EXPECT_EQ(address().path(), path_);
  EXPECT_EQ(address().port(), 0);
  EXPECT_FALSE(parse_listen_address("unix:"));
  EXPECT_TRUE(parse_listen_address("unix:" + std::string(107, 'x')));
  const auto too_long = parse_listen_address("unix:" + std::string(108, 'x'));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().what, "the path is too long for a socket's address");
}

TEST_F(UnixListening, TheFileGoesWithTheListener) {
  {
    auto listener = listen_on(address(), 4, false);
    ASSERT_TRUE(listener) << to_string(listener.error());
    const Listener moved = std::move(*listener);
    EXPECT_TRUE(there());
    EXPECT_TRUE(accepts(moved.address));
  }
  EXPECT_FALSE(there());
}

TEST_F(UnixListening, TakesThePlaceOfAServerThatIsGone) {
  {
    const Descriptor killed(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(killed.get(), address().get(), address().length), 0);
  }
  ASSERT_TRUE(there());
  const auto listener = listen_on(address(), 4, false);
  ASSERT_TRUE(listener) << to_string(listener.error());
  EXPECT_TRUE(accepts(address()));
}

TEST_F(UnixListening, LeavesAServerThatListensAlone) {
  const auto first = listen_on(address(), 4, false);
  ASSERT_TRUE(first);
  const auto second = listen_on(address(), 4, false);
  ASSERT_FALSE(second);
  EXPECT_EQ(to_string(second.error()), "unix:" + path_ + ": cannot listen: a server listens there already");
  EXPECT_TRUE(accepts(address()));
}

TEST_F(UnixListening, LeavesAFileThatIsNoSocketAlone) {
  std::ofstream(path_) << "precious";
  const auto listener = listen_on(address(), 4, false);
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().what, "cannot listen: there is a file of that name that is no socket");
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(UnixListening, DoesNotRemoveTheFileOfItsSuccessor) {
  auto listening = listen_on(address(), 4, false);
  std::optional<Listener> first = std::move(*listening);
  std::filesystem::remove(path_);
  const auto second = listen_on(address(), 4, false);
  ASSERT_TRUE(second);
  first.reset();
  EXPECT_TRUE(there());
  EXPECT_TRUE(accepts(address()));
}

TEST_F(UnixListening, SeveralRingsAcceptFromOneQueue) {
  const auto first = listen_on(address(), 4, true);
  ASSERT_TRUE(first);
  {
    const auto second = listen_beside(*first, 4);
    ASSERT_TRUE(second) << to_string(second.error());
    EXPECT_TRUE(accepts(address()));
    const Descriptor taken(::accept(second->socket.get(), nullptr, nullptr));
    EXPECT_TRUE(taken);
  }
  EXPECT_TRUE(there());
}

}  // namespace
}  // namespace ringstorm
